/* Runs inside the sandbox, in the realm of the checks: what gave each object of the answer, and whose own code the checks ran.

An object with methods of its own could decide a condition of the checks where they expect an array. So all that the answer gives
has a place: `2.0` is what the first call in step 2 gave, `2.0.1` what the second call on that gave, `2.0/size` its property,
`2.0/#` what it holds, `=name` a name of the answer's. Where the golden gave plain data, and the checks ran the answer's code on
what was given there, it is of a wrong type; that is decided outside (see evals/graders/javascript.py). */
"use strict";

const MOST_PLACES = 100_000;
const MOST_TOLD = 2_000; // within what a job may print
const LONGEST_PLACE = 120;
const LIVE = new Set(["object", "function", "promise", "generator", "proxy"]); // kinds that may run the answer's code
const origins = new WeakMap(); // an object of the answer: the place where it was given last
const named = new WeakSet(); // functions that are names of the answer's: to call them is to ask it
const ran = new Set(); // the places on whose objects the answer's code has run
let fresh = []; // these since the last record
const counts = new Map(); // by place: the calls on it
const kinds = new Map(); // by place: the kind of what was given there, where that is asked for
let news = new Set(); // the places of these since the last record
let step = 0;

// The place of the next call on what was given at a place, or of the next call of a name.
function childOf(from) {
  const parent = from === undefined ? `${step}` : from;
  const at = counts.get(parent) || 0;
  if (parent.length > LONGEST_PLACE || (at === 0 && counts.size >= MOST_PLACES)) return parent;
  counts.set(parent, at + 1);
  return `${parent}.${at}`;
}

// The place of a part of an object: a property, or what it holds.
function within(holder, key) {
  return partOf(origins.get(holder), typeof key === "symbol" ? "@" : key >= "0" && key <= ":" ? "#" : key);
}

// Very deep places are one.
const partOf = (place, part) => (place === undefined || place.length > LONGEST_PLACE ? place : `${place}/${part}`);

// Something was given at a place. True where it is data, which cannot run the answer's code.
function gave(place, there) {
  if (place === undefined) return true;
  if (isObject(there)) origins.set(there, place);
  else if (!main.trace) return true;
  const kind = kindOf(there);
  const live = LIVE.has(kind);
  if (main.trace && (live || !kinds.has(place)) && (kinds.size < MOST_TOLD || kinds.has(place))) {
    kinds.set(place, kind);
    news.add(place);
  }
  return !live;
}

// The answer's code is about to run on what was given at a place.
function runs(place) {
  if (place === undefined || ran.has(place) || ran.size > MOST_TOLD) return;
  ran.add(place);
  fresh.push(ran.size > MOST_TOLD ? "?" : place);
}

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

// What a record says of the places since the last one.
function traced() {
  let text = fresh.length ? `,"ran":${JSON.stringify(fresh)}` : "";
  if (main.trace) text += `,"gave":${JSON.stringify(Object.fromEntries([...news].map((place) => [place, kinds.get(place)])))}`;
  fresh = [];
  news = new Set();
  return text;
}
