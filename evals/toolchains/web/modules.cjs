// Runs inside the sandbox. As a program (ARCHIVE): loads what tests of pages load, and writes an archive of it, with where each
// request leads, each file's text, and the code that V8 made of it. Loaded before everything else of a worker (--require), with
// the archive in GOLDLOOP_MODULES: takes from there what it has, which saves a quarter of a worker's time.
// What the archive lacks is loaded as ever; one of another version of Node.js is left alone. Not covered: ES modules, JSON.
const { readFileSync, realpathSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { setFlagsFromString } = require('node:v8');
const vm = require('node:vm');

const dynamic = vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER;

function requireOf(module) {
  const own = (id) => module.require(id);
  own.resolve = (request, options) => Module._resolveFilename(request, module, false, options);
  own.resolve.paths = (request) => Module._resolveLookupPaths(request, module);
  return Object.assign(own, { main: process.mainModule, extensions: Module._extensions, cache: Module._cache });
}

function evaluate(script, module, filename) {
  script.runInThisContext().call(module.exports, module.exports, requireOf(module), module, filename, path.dirname(filename));
}

function take(archive) {
  const data = readFileSync(archive);
  const start = 4 + data.readUInt32LE(0);
  const { node, resolved, files } = JSON.parse(data.utf8Slice(4, start));
  if (node !== process.version + process.arch) return;
  const base = path.join(realpathSync(path.dirname(archive)), 'node_modules') + path.sep;
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (request, parent, isMain, options) {
    const from = options ? '' : parent?.filename;
    if (!from?.startsWith(base)) return resolve.call(this, request, parent, isMain, options);
    const known = resolved[`${path.dirname(from).slice(base.length)}\0${request}`];
    return known === undefined ? resolve.call(this, request, parent, isMain, options) : base + known;
  };
  for (const extension of ['.js', '.cjs']) {
    const load = Module._extensions[extension] ?? Module._extensions['.js'];
    Module._extensions[extension] = (module, filename) => {
      const known = filename.startsWith(base) ? files[filename.slice(base.length)] : undefined;
      if (!known) return load(module, filename);
      const [at, size, codeSize, plain] = known;
      const text = plain ? data.latin1Slice(start + at, start + at + size) : data.utf8Slice(start + at, start + at + size);
      const cachedData = data.subarray(start + at + size, start + at + size + codeSize);
      evaluate(new vm.Script(text, { filename, cachedData, importModuleDynamically: dynamic }), module, filename);
    };
  }
}

function make(archive, web) {
  const base = path.join(realpathSync(web), 'node_modules') + path.sep;
  const resolved = {};
  const scripts = [];
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (request, parent, isMain, options) {
    const found = resolve.call(this, request, parent, isMain, options);
    const from = options ? '' : parent?.filename;
    if (from?.startsWith(base) && found.startsWith(base)) {
      resolved[`${path.dirname(from).slice(base.length)}\0${request}`] = found.slice(base.length);
    }
    return found;
  };
  const compile = Module.prototype._compile;
  Module.prototype._compile = function (content, filename, format, ...rest) {
    const ours = filename.startsWith(base) && !content.startsWith('#!') && format !== 'module';
    if (!ours) return compile.call(this, content, filename, format, ...rest);
    const text = Module.wrap(content);
    const script = new vm.Script(text, { filename, importModuleDynamically: dynamic });
    scripts.push([filename.slice(base.length), text, script]);
    return evaluate(script, this, filename);
  };
  exercise(Module.createRequire(path.join(web, 'modules.cjs')));
  const parts = [];
  const files = {};
  let at = 0;
  for (const [name, text, script] of scripts) {
    const pair = [Buffer.from(text), script.createCachedData()];  // after use: the functions that were called are in it
    files[name] = [at, pair[0].length, pair[1].length, /^[\x00-\x7f]*$/.test(text)];
    parts.push(...pair);
    at += pair[0].length + pair[1].length;
  }
  const head = Buffer.from(JSON.stringify({ node: process.version + process.arch, resolved, files }));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(head.length);
  writeFileSync(archive, Buffer.concat([size, head, ...parts]));
}

// What most tests do, once, in a page.
function exercise(load) {
  const { JSDOM } = load('jsdom');
  const page = new JSDOM('<!DOCTYPE html>', { pretendToBeVisual: true, runScripts: 'dangerously', url: 'http://localhost:3000' });
  for (const name of Object.getOwnPropertyNames(page.window)) {
    if (!(name in globalThis)) Object.defineProperty(globalThis, name, { get: () => page.window[name], configurable: true });
  }
  globalThis.IS_REACT_ACT_ENVIRONMENT = true;
  const { createElement: element } = load('react');
  load('react/jsx-runtime');
  load('react/jsx-dev-runtime');
  load('react-router-dom');
  load('@testing-library/user-event');
  const { act, cleanup, fireEvent, render, screen } = load('@testing-library/react');
  render(element('form', null, element('button', { type: 'button', onClick() {} }, 'press'), element('input', { 'aria-label': 'name' })));
  act(() => {
    fireEvent.click(screen.getByRole('button', { name: /press/ }));
    fireEvent.change(screen.getByLabelText('name'), { target: { value: 'a' } });
  });
  cleanup();
  page.window.close();
}

// V8 refuses code made under other flags than its own. This one differs from task to task, and acts when a heap is made only.
setFlagsFromString('--max-old-space-size=0');
if (process.env.GOLDLOOP_MODULES) {
  const archive = process.env.GOLDLOOP_MODULES;
  delete process.env.GOLDLOOP_MODULES;
  take(archive);
} else if (require.main === module) {
  make(process.argv[2], process.argv[3]);
  process.exit(0);
}
