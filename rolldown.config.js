// Bundles src/ into dist/. The programs (the command line, a worker process, a JS thread) become CommonJS in a few files:
// loading a hundred ES modules is a third of the time from start to first answer. Each is bundled by itself, for a file that
// they shared would be one more to find, read and compile before the first answer. The library is an ES module; its types are
// written by tsc. The page of `stats-page` becomes one file that needs no other: dist/stats-page.html.
import { readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';

const shared = {
  platform: 'node',
  // Packages stay packages; only this one's own files are bundled.
  external: /^[^./]/,
};

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');

/** Puts script, style sheets and the licence of uPlot, which is among the script, into the page. */
const page = {
  name: 'page',
  generateBundle(_, bundle) {
    const [script] = Object.values(bundle);
    delete bundle[script.fileName];
    const style = read('node_modules/uplot/dist/uPlot.min.css') + read('src/stats/page/page.css');
    // A function: `$` in what is put in means nothing.
    const source = read('src/stats/page/page.html')
      .replace('/* page.css */', () => style)
      .replace('/* main.ts */', () => script.code.replaceAll('</script', '<\\/script'))
      .replace('</html>', () => `<!-- uPlot:\n${read('node_modules/uplot/LICENSE').trim()}\n-->\n</html>`);
    this.emitFile({ type: 'asset', fileName: 'stats-page.html', source });
  },
};

/** Node reads a file of ASCII alone in half the time, and V8 keeps it in half the memory. */
const ascii = {
  name: 'ascii',
  generateBundle(_, bundle) {
    const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
    for (const chunk of Object.values(bundle)) chunk.code = chunk.code.replace(/[^\0-\x7f]/g, escaped);
  },
};

/**
 * Modules of Node that the first answer does not need are loaded when they are first used, and not with the chunk that
 * imports them: half of the master's own time up to the first worker would be theirs.
 */
const onDemand = {
  name: 'on-demand',
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      for (const [line, name, id] of chunk.code.matchAll(/^let (node_\w+) = require\("(node:\w+)"\);$/gm)) {
        if (!['node:child_process', 'node:dgram', 'node:net'].includes(id)) continue;
        chunk.code = chunk.code
          .replaceAll(new RegExp(`\\b${name}\\.`, 'g'), `(${name}()).`)
          .replace(line, `const ${name} = () => require("${id}");`);
      }
    }
  },
};

/** The file that Node is started with. It finds what it runs in `programs`. */
const entry = (name, source) => ({
  ...shared,
  input: { [name]: `src/entries/${source}.ts` },
  plugins: [ascii],
  output: {
    dir: 'dist',
    format: 'cjs',
    entryFileNames: '[name].cjs',
    comments: false,
    cleanDir: name === 'cli',
  },
});

/** What a program loads later lies in `chunks`, under its own name; so does what must not be in V8's cache. */
const program = (name, source) => ({
  ...shared,
  input: { [name]: `src/${source}.ts` },
  plugins: name === 'cli' ? [ascii, onDemand] : [ascii],
  output: {
    dir: 'dist',
    format: 'cjs',
    entryFileNames: 'programs/[name].cjs',
    chunkFileNames: `chunks/${name}-[name]-[hash].cjs`,
    comments: false,
    codeSplitting: { groups: [{ name: 'import-module', test: /\/import-module\.ts$/ }] },
  },
});

export default defineConfig([
  entry('cli', 'cli'),
  entry('worker/main', 'worker'),
  entry('thread/main', 'thread'),
  program('cli', 'cli'),
  program('worker', 'worker/main'),
  program('thread', 'thread/main'),
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
  {
    input: 'src/stats/page/main.ts',
    platform: 'browser',
    plugins: [page],
    output: { dir: 'dist', format: 'iife', minify: true },
  },
]);
