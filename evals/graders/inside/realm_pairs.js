/* Runs inside the sandbox, in the realm of the checks: the contents of an object of one realm and its copy in the other. */
"use strict";

function copySlots(from, to, across, isArray) {
  const error = types.isNativeError(from);
  const skipped = (key) => (isArray && key === "length") || (error && key === "stack");
  const keys = ownKeys(from);
  if (isArray && own(to, "length").value !== own(from, "length").value) defineProperty(to, "length", { value: own(from, "length").value });
  for (const key of keys) {
    if (skipped(key)) continue;
    const found = own(from, key);
    const known = own(to, key);
    if (isData(found)) {
      found.value = across(found.value);
      if (known !== undefined && Object.is(known.value, found.value) && isData(known) && alike(known, found)) continue;
    } else {
      [found.get, found.set] = [across(found.get), across(found.set)];
      if (known !== undefined && known.get === found.get && known.set === found.set && !isData(known)) continue;
    }
    defineProperty(to, key, found);
  }
  const had = ownKeys(to);
  if (had.length > keys.length || error) for (const key of had) if (!skipped(key) && own(from, key) === undefined) Reflect.deleteProperty(to, key);
  if (!isExtensible(from) && isExtensible(to)) Reflect.preventExtensions(to);
  if (isArray && !own(from, "length").writable) defineProperty(to, "length", { writable: false });
}

const alike = (a, b) => a.writable === b.writable && a.enumerable === b.enumerable && a.configurable === b.configurable;

// Makes the contents of one of a pair those of the other.
function copyContents(shape, from, to, across) {
  if (shape === "object" || shape === "array") copySlots(from, to, across, shape === "array");
  else if (shape === "date") apply(Date.prototype.setTime, to, [apply(Date.prototype.getTime, from, [])]);
  else if (shape === "typed") copyElements(from, to);
  else if (shape === "buffer") copyElements(new Uint8Array(from), new Uint8Array(to));
  else if (shape === "regexp") defineProperty(to, "lastIndex", { value: across(own(from, "lastIndex").value) });
  else if (shape === "map") {
    const entries = [];
    apply(Map.prototype.forEach, from, [(item, key) => entries.push([across(key), across(item)])]);
    apply(Map.prototype.clear, to, []);
    for (const entry of entries) apply(Map.prototype.set, to, entry);
  } else if (shape === "set") {
    const items = [];
    apply(Set.prototype.forEach, from, [(item) => items.push(across(item))]);
    apply(Set.prototype.clear, to, []);
    for (const item of items) apply(Set.prototype.add, to, [item]);
  }
}

// What a container of here holds, flat: whether it was changed here shows in a comparison with what it held before.
function imageOf({ here, shape }) {
  switch (shape) {
    case "array": {
      const items = [isExtensible(here)];
      for (let at = 0; at < here.length; at++) items.push(here[at]);
      return items;
    }
    case "object": {
      const parts = ownKeys(here).flatMap((key) => {
        const found = own(here, key);
        return [key, isData(found) ? found.value : found.get];
      });
      return parts.concat([isExtensible(here)]);
    }
    case "map":
      return [...apply(Map.prototype.entries, here, [])].flat();
    case "set":
      return [...apply(Set.prototype.values, here, [])];
    case "date":
      return [apply(Date.prototype.getTime, here, [])];
    case "typed":
      return Array.from(here);
    case "buffer":
      return Array.from(new Uint8Array(here));
    default:
      return [];
  }
}

const typedSet = Uint8Array.prototype.set;
const copyElements = (from, to) => {
  if (apply(typedSize, from, []) === apply(typedSize, to, [])) apply(typedSet, to, [from]);
};

function same(left, right) {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at++) if (!Object.is(left[at], right[at])) return false;
  return true;
}
