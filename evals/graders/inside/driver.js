/* Runs inside the sandbox: loads the answer, runs the steps of the checks on it, writes typed values to a private descriptor.

It knows no expected value, nor what a step is a check of: every step gives one record, its value or what it raised, and
what that means is decided outside. The steps run in a realm of their own (realm_*.js), made before the answer is loaded,
whose arrays, iteration and functions the answer cannot patch, nor reach through what it is given.
Plain Node.js, started with its permission model; for TypeScript the compiler's path is the only argument. */
"use strict";

const fs = require("node:fs");
const vm = require("node:vm");
const { createRequire, isBuiltin, syncBuiltinESMExports } = require("node:module");
const { Writable } = require("node:stream");
const { types } = require("node:util");

const { apply, ownKeys, getOwnPropertyDescriptor, getPrototypeOf, defineProperty } = Reflect;
const { create, hasOwn } = Object;
const slice = String.prototype.slice;
const { isProxy } = types;
const { writeSync } = fs;
const leave = process.reallyExit;
const Script = vm.Script;
const runInThisContext = Script.prototype.runInThisContext;
const then = Promise.prototype.then;

// The output moves to a descriptor of its own, where that can be had: what the answer prints goes nowhere.
function privateOutput() {
  let out = 1;
  try {
    out = fs.openSync("/proc/self/fd/1", "w");
    fs.closeSync(1);
    fs.openSync("/dev/null", "w");
  } catch {
    // without /proc the records share a descriptor with what the answer writes there, which is then no report any more
  }
  const nowhere = () => new Writable({ write: (chunk, encoding, done) => done() });
  for (const name of ["stdout", "stderr"]) {
    const sink = nowhere();
    defineProperty(process, name, { get: () => sink, configurable: true, enumerable: true });
  }
  return out;
}

function emitter(out) {
  return (body) => {
    let text = "{" + body + "}\n";
    while (text) {
      try {
        text = apply(slice, text, [writeSync(out, text)]);
      } catch (error) {
        if (error.code !== "EAGAIN") leave(70);
      }
    }
  };
}

// A script, so that its top-level names are global, as those of all scripts before it.
function script(source, filename) {
  const options = { filename };
  const loader = vm.constants && vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  if (loader) options.importModuleDynamically = loader;
  return new Script(source, options);
}

function typesRemoved(compiler, source, jsx) {
  const ts = require(compiler);
  const found = ts.transpileModule(source, {
    reportDiagnostics: true,
    fileName: jsx ? "answer.tsx" : "answer.ts",
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, jsx: ts.JsxEmit.React },
  });
  for (const one of found.diagnostics) {
    if (one.category === ts.DiagnosticCategory.Error) throw new SyntaxError(ts.flattenDiagnosticMessageText(one.messageText, " "));
  }
  return found.outputText;
}

// What would show the answer this file's variables, or change the language under it.
function closeDoors() {
  const v8 = require("node:v8");
  const doors = ["getHeapSnapshot", "writeHeapSnapshot", "setFlagsFromString", "setHeapSnapshotNearHeapLimit", "queryObjects"];
  for (const name of [...doors, "promiseHooks"]) delete v8[name];
  // Hooks on asynchronous work are handed the promises of every realm; what is stored along it does not need them.
  const hooks = require("node:async_hooks");
  const Storage = hooks.AsyncLocalStorage;
  delete hooks.createHook;
  delete hooks.executionAsyncResource;
  hooks.AsyncLocalStorage = class AsyncLocalStorage {
    #inner = new Storage();
    static bind = Storage.bind;
    static snapshot = Storage.snapshot;
    disable() {
      return this.#inner.disable();
    }
    enterWith(store) {
      return this.#inner.enterWith(store);
    }
    exit(run, ...given) {
      return this.#inner.exit(run, ...given);
    }
    getStore() {
      return this.#inner.getStore();
    }
    run(store, run, ...given) {
      return this.#inner.run(store, run, ...given);
    }
  };
  syncBuiltinESMExports();
}

// What a CommonJS answer exports and does not also name at its top level becomes a global name.
function publish(module) {
  const found = getOwnPropertyDescriptor(module, "exports");
  const exported = found !== undefined && hasOwn(found, "value") ? found.value : undefined;
  if (exported === null || (typeof exported !== "object" && typeof exported !== "function") || isProxy(exported)) return;
  const offer = (name, value) => {
    let known = true;
    try {
      known = apply(runInThisContext, new Script("typeof " + name + " !== 'undefined'"), []);
    } catch {
      // no identifier, or not yet initialised
    }
    if (!known) defineProperty(globalThis, name, { value, writable: true, configurable: true });
  };
  const keys = ownKeys(exported);
  for (let i = 0; i < keys.length; i++) {
    const one = getOwnPropertyDescriptor(exported, keys[i]);
    if (typeof keys[i] === "string" && one !== undefined && hasOwn(one, "value") && one.enumerable) offer(keys[i], one.value);
  }
  const name = typeof exported === "function" ? getOwnPropertyDescriptor(exported, "name") : undefined;
  if (name !== undefined && typeof name.value === "string" && name.value !== "") offer(name.value, exported);
}

// A function of the answer's realm for one of the checks. What that threw comes as a value, so that nothing else comes.
function trampoline(handle, constructible) {
  const result = (self, given, maker) => {
    let out;
    try {
      out = handle(self, given, maker);
    } catch {
      throw new RangeError("Maximum call stack size exceeded"); // the one thing that a handler does not catch
    }
    if (out.threw) throw out.value;
    return out.value;
  };
  if (!constructible) {
    const method = {
      call() {
        return result(this, arguments, undefined);
      },
    };
    return method.call;
  }
  return function () {
    return result(this, arguments, new.target);
  };
}

// Iterators and functions whose prototypes no global names.
function unnamed() {
  const parent = (value) => getPrototypeOf(value);
  const { iterator } = Symbol;
  const generator = parent((function* () {}).prototype);
  const generators = parent((async function* () {}).prototype);
  const iterators = [parent(generator), parent(generators), generator, generators];
  for (const made of [[], new Map(), new Set(), ""]) iterators.push(parent(made[iterator]()));
  iterators.push(parent("".matchAll(/x/g)));
  const kinds = [async () => 0, function* () {}, async function* () {}].map(parent);
  return { iterators, samples: [parent(Uint8Array), parent(Uint8Array.prototype), ...kinds] };
}

// The realm of the checks; the answer gets hold of nothing in it.
function realm(trace, recorded) {
  const context = vm.createContext(create(null));
  const source = "(function (main) {'use strict';" + fs.readFileSync("realm.js", "utf8") + "})";
  const make = new Script(source, { filename: "realm.js" }).runInContext(context);
  return { context, ...make({ global: globalThis, types, trampoline, then, trace, recorded, ...unnamed() }) };
}

const WORD = /[\p{ID_Start}$_][\p{ID_Continue}$]*/gu;
const RESERVED = new Set(
  ("arguments async await break case catch class const continue debugger default delete do else enum eval export extends false " +
    "finally for function if implements import in instanceof interface let new null package private protected public return " +
    "static super switch this throw true try typeof var void while with yield").split(" "),
);

// For each word of the checks, functions that read and write the answer's name, and what the name stood for before the answer.
function namesIn(steps) {
  const words = [...new Set(steps.match(WORD))].filter((word) => !RESERVED.has(word));
  const accessor = (word) => `${JSON.stringify(word)}:[() => ${word}, ($value) => { ${word} = $value; }]`;
  const accessors = new Script(`({__proto__: null, ${words.map(accessor).join(",")}})`).runInThisContext();
  const provided = create(null);
  for (const word of [...words, "require"]) if (hasOwn(globalThis, word)) provided[word] = globalThis[word];
  const modules = create(null);
  for (const [, module] of steps.matchAll(/require\(\s*['"]([^'"]+)['"]\s*\)/g)) {
    if (isBuiltin(module)) modules[module] = require(module);
  }
  return { accessors, provided, modules };
}

// Nothing of the checks' realm is handed to the answer's listeners: their promises are not its own.
function guardEvents(isPromise) {
  const { emit } = process;
  const guarded = function (name) {
    const at = name === "rejectionHandled" ? 1 : 2;
    const isTheirs = (at === 1 || name === "unhandledRejection" || name === "multipleResolves") && isPromise(arguments[at]);
    if (isTheirs && name === "unhandledRejection") leave(1);
    if (isTheirs) return true;
    return apply(emit, this, arguments);
  };
  defineProperty(process, "emit", { value: guarded });
}

async function main() {
  const emit = emitter(privateOutput());
  const job = JSON.parse(fs.readFileSync("job.json", "utf8"));
  fs.unlinkSync("job.json");
  const compiler = process.argv[2];
  const plain = (source) => (job.types ? typesRemoved(compiler, source, job.jsx) : source);
  // Strict, so that no frame or caller shows the answer the functions of the checks, whose source may hold what they expect.
  const steps = "'use strict';(async ($at, $done, $step, $record, $all, $hold, Math) => {" + job.steps + "})";
  const checks = realm(job.trace, job.recorded);
  const module = { exports: {} };
  const names = { module, exports: module.exports, require: createRequire(process.cwd() + "/answer.js") };
  for (const name of ownKeys(names)) {
    defineProperty(globalThis, name, { value: names[name], writable: true, configurable: true });
  }
  const source = plain(steps);
  const program = new Script(source, { filename: "checks.js" }).runInContext(checks.context);
  const { accessors, provided, modules } = namesIn(source);
  checks.provide(provided, modules);
  closeDoors();
  guardEvents(checks.isPromise);
  let answer = null;
  try {
    answer = script(plain(job.code), "answer.js");
    apply(runInThisContext, answer, []);
    publish(module);
  } catch (error) {
    emit('"load":{' + checks.thrown(error) + '},"syntax":' + (answer === null));
    leave(0);
  }
  emit('"load":null');
  checks.name(accessors, job.declared);
  checks.run(program, emit, leave);
}

main();
