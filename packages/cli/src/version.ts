/** The version of this release, as the package says. */
import manifest from '../package.json' with { type: 'json' };

export const VERSION: string = manifest.version;
