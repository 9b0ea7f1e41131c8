// Runs in the worker before the test file and the candidate: takes the state of what a verdict depends on, and compares it
// after each test. Not covered: what is changed and put back in between; the flipped run finds that.
import { afterEach, chai, vi } from 'vitest';

globalThis.IS_REACT_ACT_ENVIRONMENT = true;
globalThis.jest = vi;

for (const name of ['getBuiltinModule', 'binding', '_linkedBinding', 'dlopen', 'kill', '_kill', 'abort', '_debugProcess']) {
  const closed = () => { throw new Error(`process.${name} is closed to tests`); };
  Object.defineProperty(process, name, { value: closed, writable: false, configurable: false });
}

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
const { getOwnPropertyDescriptor, is } = Object;
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
