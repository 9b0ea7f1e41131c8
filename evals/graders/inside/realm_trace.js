/* Runs inside the sandbox, in the realm of the checks: which calls of the answer gave what kind of value.

An object with methods of its own could decide a condition of the checks where they expect an array. So calls are numbered by
their place: `2.0` is the first in step 2, `2.0.1` the second on what that one gave. Where the golden gave plain data and the
checks ran the answer's code on what the answer gave, it is of a wrong type (decided outside, see evals/graders/javascript.py). */
"use strict";

const MOST_CALLS = 100_000;
const MOST_TOLD = 5_000;
const origins = new WeakMap(); // an object of the answer: the call that gave it
const ran = new Set(); // calls on whose objects the answer's code has run since the last record
const calls = [];
const counts = new Map();
let kinds = Object.create(null);
let told = 0;
let step = 0;

function childOf(from) {
  const parent = from === undefined ? step : calls[from];
  const at = counts.get(parent) || 0;
  counts.set(parent, at + 1);
  if (calls.length === MOST_CALLS) return MOST_CALLS - 1;
  return calls.push(`${parent}.${at}`) - 1;
}

// The kind of what a call gave. True where it is data, which cannot run the answer's code.
function gave(call, there) {
  const kind = kindOf(there);
  if (main.trace && told++ < MOST_TOLD) kinds[calls[call]] = kind;
  if (isObject(there)) origins.set(there, call);
  return !LIVE.has(kind);
}

const LIVE = new Set(["object", "function", "promise", "generator", "proxy"]);

function kindOf(there) {
  if (there === null) return "null";
  if (!isObject(there)) return typeof there;
  if (types.isProxy(there)) return "proxy";
  if (typeof there === "function") return "function";
  if (types.isGeneratorObject(there)) return "generator";
  const prototype = getPrototypeOf(there);
  if (Array.isArray(there)) return prototype === theirs.Array.prototype ? "array" : "object";
  const shape = brand(there);
  return shape === "view" || (shape !== "promise" && !exact(there)) ? "object" : shape;
}

// What a record says of the calls since the last one.
function traced() {
  let text = ran.size ? `,"ran":${JSON.stringify([...ran].slice(0, MOST_TOLD).map((call) => calls[call]))}` : "";
  if (main.trace) text += `,"gave":${JSON.stringify(kinds)}`;
  ran.clear();
  kinds = Object.create(null);
  return text;
}
