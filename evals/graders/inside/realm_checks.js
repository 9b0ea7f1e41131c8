/* Runs inside the sandbox, in the realm of the checks: their names, the functions that they call, and their run. */
"use strict";

class AssertionError extends Error {}

// Random inputs of the checks are the same in every run.
function seededMath() {
  const math = Object.create(null);
  for (const name of ownKeys(Math)) defineProperty(math, name, own(Math, name));
  let state = 0x2545f491;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  defineProperty(math, "random", { value: random });
  return Object.freeze(math);
}

const QUIET = ["assert", "count", "debug", "dir", "error", "group", "groupEnd", "info", "log", "table", "time", "timeEnd", "trace", "warn"];

// The checks' own names: what Node.js provides, as it was before the answer came.
function provide(provided, modules) {
  const console = Object.fromEntries(QUIET.map((name) => [name, () => undefined]));
  defineProperty(globalThis, "console", { value: console, writable: true, configurable: true });
  defineProperty(globalThis, "global", { value: globalThis, writable: true, configurable: true });
  for (const name of ownKeys(provided)) {
    if (name in globalThis || name === "require" || name === "module" || name === "exports") continue;
    defineProperty(globalThis, name, { value: enter(provided[name], undefined, true), writable: true, configurable: true });
  }
  const loaded = new Map();
  for (const name of ownKeys(modules)) loaded.set(name, asItIs(modules[name]));
  const require = enter(provided.require, undefined, true);
  const found = (name) => (loaded.has(name) ? loaded.get(name) : require(name));
  defineProperty(globalThis, "require", { value: found, writable: true, configurable: true });
}

// A module as it is now: its functions, whatever its properties are later.
function asItIs(module) {
  const seen = enter(module, undefined, true);
  if (typeof seen !== "object") return seen;
  const held = {};
  for (const key of ownKeys(module)) {
    const found = own(module, key);
    if (isData(found)) found.value = enter(found.value, undefined, true);
    else [found.get, found.set] = [enter(found.get, undefined, true), enter(found.set, undefined, true)];
    defineProperty(held, key, found);
  }
  return held;
}

// The answer's names, of those that the checks use. What is built in here stays so, unless the golden defines it too.
function name(accessors, declared) {
  const asked = new Set(declared);
  for (const word of ownKeys(accessors)) {
    if (word in globalThis && !asked.has(word)) continue;
    const read = accessors[word][0]; // by index: iteration there may be the answer's
    const write = accessors[word][1];
    const get = () => {
      try {
        const there = read();
        if (typeof there === "function") named.add(there);
        const known = isObject(there) ? origins.get(there) : undefined;
        return enter(there, known === undefined || known[0] === "=" ? `=${word}` : known);
      } catch (error) {
        throw enter(error);
      }
    };
    const set = (value) => {
      try {
        write(send(value));
      } catch (error) {
        throw enter(error);
      }
    };
    try {
      read();
    } catch {
      continue; // not a name of the answer's
    }
    defineProperty(globalThis, word, { get, set, enumerable: true, configurable: true });
  }
}

// The functions that the steps call. They give one record a step, whatever happens in it.
function recorder(emit) {
  let records = [];
  const $at = (number) => {
    step = number;
  };
  const $done = (number) => {
    emit(`"step":${number},"value":null${traced()}`);
  };
  const $record = (number, ...sides) => {
    records.push(array([number, ...sides.map(textOf)].join(",")));
  };
  const $all = () => undefined;
  const $hold = (condition) => {
    if (!condition) throw new AssertionError("does not hold");
  };
  const $step = async (number, evaluate) => {
    step = number;
    records = [];
    let body;
    try {
      const value = await evaluate();
      body = `"value":["s",${quote(records.length ? array(records.join(",")) : textOf(value))}]`;
    } catch (error) {
      body = thrown(error);
    }
    emit(`"step":${number},${body}${traced()}`);
  };
  const failed = (error) => emit(`"step":${step},${thrown(error)}${traced()}`);
  return { functions: [$at, $done, $step, $record, $all, $hold], failed };
}

pairBuiltIns();
Error.prepareStackTrace = (error) => String(error); // or the answer's would be given this realm's errors

// What the driver calls.
return {
  provide,
  name,
  thrown,
  isPromise: (promise) => {
    for (let at = promise; at !== null; at = getPrototypeOf(at)) if (at === Promise.prototype) return true;
    return false;
  },
  async run(program, emit, leave) {
    const { functions, failed } = recorder(emit);
    try {
      await program(...functions, seededMath());
    } catch (error) {
      failed(error);
      leave(0);
    }
    emit('"end":true');
    leave(0);
  },
};
