/**
 * Compiles the programs of dist/ in a way that V8 can be asked afterwards what it has compiled, and writes that down on
 * demand. Loaded before anything else (`--require`) by every process and thread of the server that record.js has started.
 */
const { existsSync, mkdirSync, renameSync, writeFileSync } = require('node:fs');
const { Module, createRequire } = require('node:module');
const { dirname, join, relative } = require('node:path');
const { Script } = require('node:vm');

// Who is asked for them, and told of the answer: names of files.
const { RECORD_DIST: dist, RECORD_TO: folder, RECORD_NOW: asked } = process.env;

/** In the order in which they were begun. */
const compiled = [];
const compileAsNode = Module.prototype._compile;

Module.prototype._compile = function compile(text, file) {
  const path = relative(dist, file);
  // import() in code from the cache fails with Node 20.
  if (!/^(programs|chunks)\//.test(path) || /\bimport\(/.test(text))
    return compileAsNode.call(this, text, file);
  const wrapped = Module.wrap(text);
  const script = new Script(wrapped, { filename: file });
  compiled.push({ path, wrapped, script });
  return script.runInThisContext()(this.exports, createRequire(file), this, file, dirname(file));
};

const timer = setInterval(() => {
  if (!existsSync(asked)) return;
  clearInterval(timer);
  // The program itself comes last: then all of this process or thread is there.
  for (const { path, wrapped, script } of compiled.reverse()) {
    const file = join(folder, `${path}.cache`);
    mkdirSync(dirname(file), { recursive: true });
    // Never half a file under that name.
    writeFileSync(`${file}.part`, Buffer.concat([Buffer.from(wrapped, 'latin1'), script.createCachedData()]));
    renameSync(`${file}.part`, file);
  }
}, 10).unref();
