/* Runs inside the sandbox, in the realm of the checks: what the answer is handed, and calls in both directions. */
"use strict";

// The answer's own object for one of here, with its contents as they are now.
function send(value) {
  const outer = sent;
  sent = [];
  const there = outbound(value);
  drain();
  sent = outer;
  return there;
}

let sent = []; // the pairs that went out with the call in progress
let current; // the place of the call of the answer in progress
const kept = []; // pairs that the answer may have kept, the last few
const MOST_KEPT = 8;
const LARGEST_KEPT = 256;

function drain() {
  while (waiting.length) {
    const pair = waiting.pop();
    if (pair.sent === tick) continue;
    pair.sent = pair.taken = tick;
    sent.push(pair);
    const image = imageOf(pair);
    if (pair.image === undefined || !same(pair.image, image)) {
      copyContents(pair.shape, pair.here, pair.there, outbound);
      pair.image = image;
    } else {
      // Not changed here; perhaps there, which is taken after the call.
      for (const item of image) if (isObject(item)) outbound(item);
    }
  }
}

// Runs the answer's code, on what was given at a place. Gives what came of it, as it is.
function cross(from, native, prepare) {
  const call = native ? from : childOf(from);
  if (!native) runs(from);
  tick += 1;
  const outer = sent;
  const before = current;
  sent = [];
  const act = prepare();
  for (const pair of kept) waiting.push(pair);
  drain();
  const mine = sent;
  sent = outer;
  current = call;
  let out;
  let failed = false;
  try {
    out = act();
  } catch (error) {
    failed = true;
    out = error;
  }
  current = before;
  tick += 1;
  for (const pair of mine) {
    if (!pair.born && call !== undefined) origins.set(pair.there, partOf(call, "in"));
    waiting.push(pair);
  }
  if (failed) throw enter(out, call);
  while (waiting.length) take(waiting.pop());
  return { call, out };
}

function callOut(there, self, given, maker, native) {
  const holder = isObject(self) ? outward.get(self) : undefined;
  const from = (holder && !named.has(holder) ? origins.get(holder) : undefined) ?? (named.has(there) ? undefined : origins.get(there));
  const { call, out } = cross(from, native, () => {
    const me = outbound(self);
    const args = given.map(outbound);
    if (maker === undefined) return () => apply(there, me, args);
    const target = outbound(maker);
    return () => construct(there, args, target);
  });
  const here = enter(out, call);
  if (!native) {
    const data = !LIVE.has(kindOf(out));
    if (maker !== undefined || from !== undefined || out === undefined || !data) [...given, here].forEach(keep);
  }
  return here;
}

// What a constructor, a method or a maker of functions was given may be changed by a later call.
function keep(value) {
  const pair = isObject(value) ? pairs.get(value) : undefined;
  if (pair === undefined || kept.includes(pair) || pair.image === undefined || pair.image.length > LARGEST_KEPT) return;
  kept.push(pair);
  if (kept.length > MOST_KEPT) kept.shift();
}

// Runs a function of here that the answer calls. It never throws: what it threw is in what it gives.
function callIn(fn, self, given, maker) {
  const outer = sent;
  try {
    tick += 1;
    sent = [];
    const args = [];
    for (let i = 0; i < given.length; i++) args.push(enter(given[i], partOf(current, "given")));
    const me = enter(self, partOf(current, "given"));
    const value = maker === undefined ? apply(fn, me, args) : construct(fn, args, enter(maker));
    tick += 1;
    args.forEach(outbound);
    const there = outbound(value);
    drain();
    return { threw: false, value: there };
  } catch (error) {
    return { threw: true, value: send(error) };
  } finally {
    sent = outer;
  }
}

function outbound(value) {
  if (!isObject(value)) return value;
  const there = outward.get(value);
  if (there !== undefined) {
    const pair = pairs.get(value);
    if (pair !== undefined && pair.sent !== tick) waiting.push(pair);
    return there;
  }
  if (typeof value === "function") return functionOut(value);
  if (types.isPromise(value)) return promiseOut(value);
  if (types.isGeneratorObject(value) || / Iterator\]$/.test(Object.prototype.toString.call(value))) return iteratorOut(value);
  let shape = types.isProxy(value) ? "view" : brand(value);
  if (shape !== "view") {
    const made = copyOf(shape, value, theirs);
    paired(value, made, shape, false);
    return made;
  }
  shape = Array.isArray(value) ? "array" : "object";
  const made = construct(theirs[shape === "array" ? "Array" : types.isNativeError(value) ? "Error" : "Object"], []);
  paired(value, made, shape, false);
  const prototype = getPrototypeOf(value);
  if (shape === "object" || prototype !== Array.prototype) {
    Object.setPrototypeOf(made, prototype === null ? null : outbound(prototype));
  }
  return made;
}

function functionOut(value) {
  const isClass = own(value, "prototype") !== undefined && types.isProxy(value) === false;
  const there = trampoline((self, given, maker) => callIn(value, self, given, maker), isClass);
  map(value, there);
  for (const key of ["name", "length"]) {
    const found = own(value, key);
    if (found !== undefined && isData(found) && !isObject(found.value)) defineProperty(there, key, found);
  }
  if (isClass && isObject(value.prototype)) defineProperty(there, "prototype", { value: outbound(value.prototype), writable: true });
  return there;
}

function promiseOut(value) {
  const there = construct(theirs.Promise, [
    outbound((good, bad) => {
      value.then(good, bad);
    }),
  ]);
  map(value, there);
  return there;
}

function iteratorOut(value) {
  const there = construct(theirs.Object, []);
  Object.setPrototypeOf(there, main.iterators[0]);
  map(value, there);
  for (const name of ["next", "return", "throw"]) {
    if (typeof value[name] !== "function") continue;
    const step = outbound((...given) => value[name](...given));
    defineProperty(there, name, { value: step, writable: true, enumerable: false, configurable: true });
  }
  return there;
}
