// Bundles src/ into dist/. The programs (the command line, a worker process, a JS thread) become CommonJS in a few files:
// loading a hundred ES modules is a third of the time from start to first answer. The library is an ES module; its types are
// written by tsc.
import { defineConfig } from 'rolldown';

const shared = {
  platform: 'node',
  // Packages stay packages; only this one's own files are bundled.
  external: /^[^./]/,
};

export default defineConfig([
  {
    ...shared,
    input: { cli: 'src/cli.ts', 'worker/main': 'src/worker/main.ts', 'thread/main': 'src/thread/main.ts' },
    output: {
      dir: 'dist',
      format: 'cjs',
      entryFileNames: '[name].cjs',
      chunkFileNames: 'chunks/[name]-[hash].cjs',
      cleanDir: true,
    },
  },
  {
    ...shared,
    input: { index: 'src/index.ts', 'wsgi/validator': 'src/wsgi/validator.ts' },
    output: {
      dir: 'dist',
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: 'chunks/[name]-[hash].js',
    },
  },
]);
