/* Runs inside the sandbox, in the realm of the checks: the typed text of values and of what was thrown.

Values may be of either realm; of the answer's objects the originals are read (see realm_membrane.js), as they are, whatever
was patched: no getter and no method of them is invoked, and traps only of proxies over data (see realm_records.js). */
"use strict";

const { isProxy, isMap, isSet, isDate, isRegExp, isTypedArray, isNativeError, isNumberObject, isStringObject, isBooleanObject } =
  types;
const BUILT_IN = new Map();
for (const name of ["Object", "Array", "Map", "Set", "Date", "Error", "Number", "String", "Boolean"]) {
  BUILT_IN.set(globalThis[name].prototype, name);
  BUILT_IN.set(theirs[name].prototype, name);
}
const isTop = (prototype) => BUILT_IN.get(prototype) === "Object";
const typedName = getter(getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);
const typedLength = getter(getPrototypeOf(Uint8Array.prototype), "length");
const patternSource = getter(RegExp.prototype, "source");
const patternFlags = ["global", "ignoreCase", "multiline", "dotAll", "unicode", "sticky"].map((name) => [
  getter(RegExp.prototype, name),
  { global: "g", ignoreCase: "i", multiline: "m", dotAll: "s", unicode: "u", sticky: "y" }[name],
]);
const unboxed = { Number: Number.prototype.valueOf, String: String.prototype.valueOf, Boolean: Boolean.prototype.valueOf };

const DEEPEST = 60;
const MOST_VALUES = 300_000;
let left = 0;

// What is read of a value: the answer's own object, or the checks' container with what the answer did to it.
function original(seen) {
  if (!isObject(seen)) return seen;
  if (views.has(seen)) return outward.get(seen);
  const pair = pairs.get(seen);
  if (pair === undefined) return seen;
  tick += 1;
  if (!pair.born) return enter(pair.there);
  return send(seen);
}

const HEX = "0123456789abcdef";

function quote(text) {
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 34 || code === 92) out += "\\" + text[i];
    else if (code >= 32 && code < 127) out += text[i];
    else out += "\\u" + HEX[code >> 12] + HEX[(code >> 8) & 15] + HEX[(code >> 4) & 15] + HEX[code & 15];
  }
  return out + '"';
}

// Arrays and plain objects are written as JSON has them, everything else as {"$": [tag, ...]}.
const tagged = (body) => '{"$":[' + body + "]}";
const unknown = (what) => tagged('"x",' + quote(what));
const array = (parts) => "[" + parts + "]";
const thing = (kind, parts, properties) => tagged('"o",' + quote(kind) + ",[" + parts + "],[" + properties + "]");

function encode(seen, depth) {
  left -= 1;
  if (left < 0 || depth > DEEPEST) return unknown("too large");
  const value = original(seen);
  if (value === null) return "null";
  switch (typeof value) {
    case "undefined":
      return tagged('"u"');
    case "boolean":
      return value ? "true" : "false";
    case "number":
      if (value !== value) return tagged('"n","nan"');
      if (value === Infinity) return tagged('"n","inf"');
      if (value === -Infinity) return tagged('"n","-inf"');
      return value === 0 && 1 / value < 0 ? tagged('"n","-0"') : "" + value;
    case "bigint":
      return tagged('"big","' + value + '"');
    case "string":
      return quote(value);
    case "object":
      return isProxy(value) ? encodeProxy(value, depth + 1) : encodeObject(value, depth + 1);
    default:
      return unknown(typeof value);
  }
}

// The only thing that is read by running the answer's code: once.
function encodeProxy(value, depth) {
  const made = recorded(value);
  return isProxy(made) ? unknown("proxy") : encodeObject(made, depth);
}

function encodeObject(value, depth) {
  const kind = label(getPrototypeOf(value));
  if (isDate(value)) return thing(kind, encode(apply(Date.prototype.getTime, value, []), depth), "");
  if (hasMethod(value, "toJSON")) return unknown("object with toJSON");
  if (Array.isArray(value)) return encodeArray(value, kind, depth);
  let parts = "";
  const add = (text) => {
    parts += (parts ? "," : "") + text;
  };
  if (isMap(value)) {
    apply(Map.prototype.forEach, value, [(item, key) => add(array(encode(key, depth) + "," + encode(item, depth)))]);
    return thing(kind, parts, properties(value, depth, 0));
  }
  if (isSet(value)) {
    apply(Set.prototype.forEach, value, [(item) => add(encode(item, depth))]);
    return thing(kind, parts, properties(value, depth, 0));
  }
  if (isRegExp(value)) {
    let flags = "";
    for (let i = 0; i < patternFlags.length; i++) if (apply(patternFlags[i][0], value, [])) flags += patternFlags[i][1];
    return thing("RegExp", quote(apply(patternSource, value, [])) + "," + quote(flags), "");
  }
  if (isTypedArray(value)) {
    const length = apply(typedLength, value, []);
    for (let i = 0; i < length && left >= 0; i++) add(encode(value[i], depth));
    return thing(apply(typedName, value, []), parts, "");
  }
  if (isNativeError(value)) return thing(kind, quote(messageOf(value)), "");
  if (isNumberObject(value)) return thing(kind, encode(apply(unboxed.Number, value, []), depth), "");
  if (isStringObject(value)) return thing(kind, encode(apply(unboxed.String, value, []), depth), "");
  if (isBooleanObject(value)) return thing(kind, encode(apply(unboxed.Boolean, value, []), depth), "");
  const plain = kind === "Object" && own(value, "$") === undefined;
  return plain ? "{" + properties(value, depth, 0, plain) + "}" : thing(kind, "", properties(value, depth, 0));
}

function encodeArray(value, kind, depth) {
  const keys = ownKeys(value);
  const length = own(value, "length").value;
  if (length > left) return unknown("too large");
  let parts = "";
  for (let i = 0; i < length; i++) {
    const found = own(value, i);
    parts += (i ? "," : "") + (found === undefined ? tagged('"hole"') : described(found, depth));
  }
  let extra = 0;
  while (keys[extra] !== "length") extra++;
  const more = properties(value, depth, extra + 1);
  return kind === "Array" && more === "" ? array(parts) : thing(kind, parts, more);
}

// Own enumerable properties from the given key on. An accessor could answer differently every time: it is not invoked.
function properties(value, depth, from, plain) {
  const keys = ownKeys(value);
  let out = "";
  for (let i = from; i < keys.length; i++) {
    const found = own(value, keys[i]);
    if (found === undefined || !found.enumerable) continue;
    const symbol = typeof keys[i] === "symbol";
    const name = symbol ? "@@symbol" : keys[i];
    const item = symbol ? unknown("symbol key") : described(found, depth);
    out += (out ? "," : "") + (plain ? quote(name) + ":" + item : array(quote(name) + "," + item));
  }
  return out;
}

const described = (found, depth) => (Object.hasOwn(found, "value") ? encode(found.value, depth) : unknown("accessor"));

// The descriptor of a property along the chain of prototypes, without invoking anything; null behind a proxy.
function find(value, name) {
  for (let at = value, steps = 0; at !== null && steps < 100; at = getPrototypeOf(at), steps++) {
    if (isProxy(at)) return null;
    const found = own(at, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function hasMethod(value, name) {
  const found = find(value, name);
  return found !== undefined && (found === null || !Object.hasOwn(found, "value") || typeof found.value === "function");
}

function label(prototype) {
  if (prototype === null) return "null";
  return BUILT_IN.get(prototype) || "class " + className(prototype);
}

function className(prototype) {
  if (isProxy(prototype)) return "proxy";
  const maker = own(prototype, "constructor");
  if (maker === undefined || !Object.hasOwn(maker, "value") || typeof maker.value !== "function" || isProxy(maker.value)) return "?";
  const name = own(maker.value, "name");
  return name !== undefined && Object.hasOwn(name, "value") && typeof name.value === "string" ? name.value : "?";
}

function messageOf(error) {
  const found = find(error, "message");
  const text = found && Object.hasOwn(found, "value") && typeof found.value === "string" ? found.value : "";
  return text.slice(0, 300);
}

// What was thrown: names of its classes, the nearest first, and "thrown" for anything at all.
function thrown(seen) {
  const error = original(seen);
  if (error === null || typeof error !== "object" || isProxy(error)) {
    const text = typeof error === "string" ? error.slice(0, 300) : "";
    return '"raised":[' + quote(error === null ? "null" : typeof error) + ',"thrown"],"message":' + quote(text);
  }
  let names = "";
  for (let at = getPrototypeOf(error), steps = 0; at !== null && !isTop(at) && steps < 20; at = getPrototypeOf(at), steps++) {
    names += quote(className(at)) + ",";
    if (isProxy(at)) break;
  }
  return '"raised":[' + (names || '"Object",') + '"thrown"],"message":' + quote(messageOf(error));
}

// The text of a whole value, within a bound.
function textOf(value) {
  left = MOST_VALUES;
  return encode(value, 0);
}
