/** Built in build/next (test/support/next-build.ts), where the packages are two folders up. */
import { fileURLToPath } from 'node:url';

export default {
  turbopack: { root: fileURLToPath(new URL('../..', import.meta.url)) },
  // Nobody reads what is built: half of the time is saved.
  experimental: {
    turbopackMinify: false,
    turbopackSourceMaps: false,
    turbopackFileSystemCacheForBuild: false,
  },
};
