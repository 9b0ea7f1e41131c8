/* Runs inside the sandbox, in the realm of the checks, which the answer never gets hold of: what passes between the two.

Primitives pass. The answer's objects are seen from here as views (proxies): own properties are read as they are, methods that
are built in are this realm's, and only what the answer wrote runs in the answer's realm. What the checks hand over is copied:
the answer gets arrays, objects, maps and functions of its own realm, and its changes to them are taken back after the call.
Does not cover: identity of what is neither (iterators, patterns), and changes to a copy long after it was handed over. */
"use strict";

// As they are now: the checks, and the names that they share with the answer, may put others in their place.
const { Array, ArrayBuffer, BigInt, Boolean, DataView, Date, Error, JSON, Map, Math, Number, Object, Promise, Proxy, Reflect } = globalThis;
const { RegExp, Set, String, Symbol, Uint8Array, WeakMap, WeakSet } = globalThis;
const { apply, construct, ownKeys, getPrototypeOf, defineProperty, isExtensible } = Reflect;
const own = Reflect.getOwnPropertyDescriptor;
const getter = (from, name) => own(from, name).get;
const { types, trampoline, samples } = main;
const theirs = Object.fromEntries(ownKeys(main.global).map((name) => [name, own(main.global, name).value])); // before it is patched
const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";
const isData = (found) => Object.hasOwn(found, "value");

const inward = new WeakMap(); // the answer's object: what it is here
const outward = new WeakMap(); // an object here: the answer's
const views = new WeakSet();
const pairs = new WeakMap(); // a container here that has a copy there, or is a copy of one there: the pair
const methods = new Map(); // a built-in prototype there whose methods need their own objects: these methods, for here

const map = (here, there) => {
  inward.set(there, here);
  outward.set(here, there);
};

const BRANDED = ["Map", "Set", "WeakMap", "WeakSet", "WeakRef", "Date", "RegExp", "ArrayBuffer", "DataView", "Promise"];
const TYPED = ownKeys(globalThis).filter((name) => /^(Big)?(Int|Uint|Float)\d+(Clamped)?Array$/.test(name));

function pairBuiltIns() {
  map(globalThis, main.global);
  for (const name of ownKeys(globalThis)) {
    const here = own(globalThis, name).value;
    const there = theirs[name];
    if (typeof here !== "function" || typeof there !== "function" || here === there) continue;
    map(here, there);
    if (isObject(here.prototype)) map(here.prototype, there.prototype);
  }
  const kinds = [async () => 0, function* () {}, async function* () {}];
  const unnamed = [getPrototypeOf(Uint8Array), getPrototypeOf(Uint8Array.prototype), ...kinds.map(getPrototypeOf)];
  unnamed.forEach((here, at) => map(here, samples[at]));
  const branded = [...BRANDED, ...TYPED].map((name) => theirs[name].prototype);
  for (const there of [...main.iterators, samples[1], ...branded]) {
    const keys = ownKeys(there).filter((key) => key !== "constructor");
    const found = keys.map((key) => [key, own(there, key)]);
    const inherited = getPrototypeOf(there) === samples[1] ? methods.get(samples[1]).found : [];
    methods.set(there, { found: [...inherited, ...found], here: undefined });
  }
}

// The prototype of an object of the answer, for here. What is built in there is as it was before the answer came.
function prototypeIn(there) {
  const kept = methods.get(there);
  if (kept === undefined) return there === null ? null : enter(there);
  if (kept.here === undefined) {
    kept.here = Object.create(inward.get(there) || prototypeIn(getPrototypeOf(there)));
    for (const [key, found] of kept.found) {
      for (const part of ["value", "get", "set"]) if (isObject(found[part])) found[part] = enter(found[part], undefined, true);
      defineProperty(kept.here, key, found);
    }
  }
  return kept.here;
}

let tick = 0; // advances whenever the answer's code may have run
const waiting = []; // pairs whose contents are still to be taken or sent

// What an object of the answer is here; `place` is where it was given, `native` says that the answer did not write it.
function enter(value, place, native) {
  const here = inbound(value, place, native);
  while (waiting.length) take(waiting.pop());
  return here;
}

function inbound(value, place, native) {
  if (main.recorded && types.isProxy(value)) {
    try {
      value = recorded(value);
    } catch (error) {
      throw enter(error);
    }
  }
  if (native !== true) gave(place, value);
  if (!isObject(value)) return value;
  const here = inward.get(value);
  if (here !== undefined) {
    const pair = pairs.get(here);
    if (pair !== undefined && pair.taken !== tick) waiting.push(pair);
    return here;
  }
  if (outward.has(value)) return value;
  const shape = types.isProxy(value) ? "view" : brand(value);
  if (shape === "promise") return promiseFrom(value, place);
  if (shape !== "view" && exact(value)) return paired(copyOf(shape, value, globalThis), value, shape, true);
  return view(value, native);
}

// Whether a branded object is of a built-in class itself, not of one that extends it.
function exact(value) {
  const prototype = getPrototypeOf(value);
  return methods.has(prototype) || boxes.has(prototype);
}
const boxes = new Set(["Number", "String", "Boolean", "Symbol", "BigInt"].map((name) => theirs[name].prototype));

function brand(value) {
  if (typeof value !== "object") return "view";
  if (types.isPromise(value)) return "promise";
  if (types.isMap(value)) return "map";
  if (types.isSet(value)) return "set";
  if (types.isDate(value)) return "date";
  if (types.isRegExp(value)) return "regexp";
  if (types.isTypedArray(value)) return "typed";
  if (types.isArrayBuffer(value)) return "buffer";
  return types.isBoxedPrimitive(value) ? "box" : "view";
}

const typedTag = getter(getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);
const typedSize = getter(getPrototypeOf(Uint8Array.prototype), "length");
const bufferSize = getter(ArrayBuffer.prototype, "byteLength");
const patternText = getter(RegExp.prototype, "source");
const FLAGS = { hasIndices: "d", global: "g", ignoreCase: "i", multiline: "m", dotAll: "s", unicode: "u", unicodeSets: "v", sticky: "y" };
const flagsOf = (pattern) =>
  Object.keys(FLAGS).reduce((text, name) => text + (apply(getter(RegExp.prototype, name), pattern, []) ? FLAGS[name] : ""), "");
const unbox = { number: Number, string: String, boolean: Boolean, symbol: Symbol, bigint: BigInt };
function boxed(value) {
  for (const kind of Object.values(unbox)) {
    try {
      return apply(kind.prototype.valueOf, value, []);
    } catch {
      // another kind
    }
  }
  return undefined;
}

// A new object of a realm for a branded one of the other; its contents follow with the pair.
function copyOf(shape, value, realm) {
  switch (shape) {
    case "map":
      return construct(realm.Map, []);
    case "set":
      return construct(realm.Set, []);
    case "date":
      return construct(realm.Date, [apply(Date.prototype.getTime, value, [])]);
    case "regexp":
      return construct(realm.RegExp, [apply(patternText, value, []), flagsOf(value)]);
    case "typed":
      return construct(realm[apply(typedTag, value, [])], [apply(typedSize, value, [])]);
    case "buffer":
      return construct(realm.ArrayBuffer, [apply(bufferSize, value, [])]);
    default:
      return realm.Object(boxed(value));
  }
}

function paired(here, there, shape, born) {
  const pair = { here, there, shape, born, taken: 0, sent: 0, image: undefined };
  map(here, there);
  pairs.set(here, pair);
  waiting.push(pair);
  return here;
}

// Makes both sides of a pair equal again: what was changed here stays, else that side counts.
function take(pair) {
  if (pair.taken === tick) return;
  pair.taken = tick;
  if (pair.image !== undefined && !same(pair.image, imageOf(pair))) return;
  const place = within(pair.there, "0");
  copyContents(pair.shape, pair.there, pair.here, (value) => inbound(value, place));
  pair.image = imageOf(pair);
}

function promiseFrom(value, place) {
  const here = new Promise((good, bad) => {
    const settled = (then) => (given) => {
      if (place !== undefined) gave(childOf(place), outbound(given));
      then(given);
    };
    try {
      apply(main.then, value, [outbound(settled(good)), outbound(settled(bad))]);
    } catch (error) {
      bad(enter(error, place));
    }
  });
  map(here, value);
  return here;
}
