// Runs inside the sandbox, in the worker, before the test file and the candidate: takes the state of what a verdict depends on, and compares it
// after each test. Not covered: what is changed and put back in between; the flipped run finds that.
import { afterEach, chai, vi } from 'vitest';

globalThis.IS_REACT_ACT_ENVIRONMENT = true;
globalThis.jest = vi;
const { getOwnPropertyDescriptor } = Object;

for (const name of ['getBuiltinModule', 'binding', '_linkedBinding', 'dlopen', 'kill', '_kill', 'abort', '_debugProcess']) {
  const closed = () => { throw new Error(`process.${name} is closed to tests`); };
  Object.defineProperty(process, name, { value: closed, writable: false, configurable: false });
}

// Functions are called, and tests are given to the framework, through these: who replaces them sees the tests' source.
for (const name of ['call', 'apply', 'bind']) {
  Object.defineProperty(Function.prototype, name, { writable: false, configurable: false });
}

// The source of the test file goes to the interpreter, and stays nowhere.
const { evaluatedModules, filepath } = globalThis.__vitest_worker__;
const ensureModule = evaluatedModules.ensureModule;
const { defineProperty } = Object;
evaluatedModules.ensureModule = function (id, url) {
  const module = ensureModule.call(this, id, url);
  if (id.split('?')[0] !== filepath || getOwnPropertyDescriptor(module, 'meta')?.set) return module;
  let kept = module.meta;
  defineProperty(module, 'meta', {
    get: () => kept,
    set: (meta) => {
      let code = meta?.code;
      kept = meta && { ...meta };
      if (code !== undefined) defineProperty(kept, 'code', { get: () => { const once = code; code = ''; return once; } });
    },
  });
  return module;
};

const watched = {
  'chai.Assertion.prototype': chai.Assertion.prototype,
  'Function.prototype': Function.prototype,
  'Object.prototype': Object.prototype,
  'Array.prototype': Array.prototype,
  'String.prototype': String.prototype,
  'Promise.prototype': Promise.prototype,
  'Map.prototype': Map.prototype,
  'Set.prototype': Set.prototype,
  'Error.prototype': Error.prototype,
  'RegExp.prototype': RegExp.prototype,
  Object,
  Reflect,
};
const { is } = Object;
const { ownKeys } = Reflect;
const taken = Object.entries(watched).map(([name, object]) => [
  name, object, ownKeys(object).map((key) => [key, getOwnPropertyDescriptor(object, key)]),
]);

afterEach(() => {
  for (const [name, object, before] of taken) {
    for (const [key, was] of before) {
      const now = getOwnPropertyDescriptor(object, key);
      if (!now || !is(now.value, was.value) || now.get !== was.get || now.set !== was.set) {
        throw new Error(`goldloop: ${name}.${String(key)} was replaced`);
      }
    }
  }
});
