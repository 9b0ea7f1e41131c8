/* Runs inside the sandbox, in the realm of the checks: proxies over arrays and plain objects as the data that they show.

Each is read once, by its traps, and what was read is decided on: a wrapper around honest data gives them, and one that says
something else at every look has said one thing. Traps get nothing but the answer's own objects. Not covered: proxies over
anything else, which equal nothing, and what a proxy does when it is written to. */
"use strict";

const MOST_RECORDED = 100_000;
const records = new WeakMap(); // by proxy: when it was read, and what it showed
let room = MOST_RECORDED;

// Whether a proxy shows an array or a plain object.
function showsData(proxy) {
  if (typeof proxy !== "object") return false;
  if (Array.isArray(proxy)) return true;
  const prototype = getPrototypeOf(proxy);
  return prototype === null || prototype === theirs.Object.prototype;
}

// An array or object of the answer's realm without code of its own; anything else stays as it is.
function recorded(value) {
  if (!types.isProxy(value)) return value;
  const known = records.get(value);
  if (known !== undefined && known.tick === tick) return known.made;
  if (room < 0 || !showsData(value)) return value;
  const isList = Array.isArray(value);
  const made = construct(isList ? theirs.Array : theirs.Object, []);
  if (!isList && getPrototypeOf(value) === null) Object.setPrototypeOf(made, null);
  records.set(value, { tick, made });
  if (isList) made.length = Math.min(MOST_RECORDED, Math.max(0, Math.trunc(Reflect.get(value, "length")) || 0));
  const keys = ownKeys(value);
  for (let i = 0; i < keys.length && room >= 0; i++) {
    room -= 1;
    const found = own(value, keys[i]);
    if (found === undefined || !found.enumerable || (isList && keys[i] === "length")) continue;
    const item = recorded(Reflect.get(value, keys[i]));
    defineProperty(made, keys[i], { value: item, writable: true, enumerable: true, configurable: true });
  }
  return made;
}
