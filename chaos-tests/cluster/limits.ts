/** How long anything is waited for. Generous on purpose: a test waits this long only when it fails. */
export const WAIT_MS = 90_000;
