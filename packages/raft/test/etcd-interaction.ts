export const INAPPLICABLE = new Map<string,string>();
export function replayInteraction(path: string): number { return path.length; }
