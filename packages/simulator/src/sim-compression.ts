/** Compression of the simulated world: the real codecs, which are deterministic. */
export { nodeCompression as seededCompression } from '@hapax/client';
