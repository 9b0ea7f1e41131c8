/* Runs inside the sandbox: loads the answer, runs the steps of the checks on it, writes typed values to a private descriptor.

It knows no expected value, nor what a step is a check of: every step gives one record, its value or what it raised, and
what that means is decided outside. What is used after the answer was loaded is taken from the realm before it, so that an
honest value is read as it is, whatever was patched; it invokes no getter, no trap and no method of the answer's objects.
Plain Node.js, started with its permission model; for TypeScript the compiler's path is the only argument. */
"use strict";

const fs = require("node:fs");
const vm = require("node:vm");
const { createRequire, syncBuiltinESMExports } = require("node:module");
const { Writable } = require("node:stream");
const { types } = require("node:util");

const { apply, ownKeys, getOwnPropertyDescriptor, getPrototypeOf, defineProperty } = Reflect;
const { isArray } = Array;
const { create, hasOwn, freeze } = Object;
const OBJECT = Object.prototype;
const BUILT_IN = [Array, Map, Set, Date, Error, Number, String, Boolean].map((kind) => [kind.prototype, kind.name]);
const charCodeAt = String.prototype.charCodeAt;
const slice = String.prototype.slice;
const mapEach = Map.prototype.forEach;
const setEach = Set.prototype.forEach;
const getTime = Date.prototype.getTime;
const getter = (from, name) => getOwnPropertyDescriptor(from, name).get;
const typedName = getter(getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag);
const typedLength = getter(getPrototypeOf(Uint8Array.prototype), "length");
const patternSource = getter(RegExp.prototype, "source");
const patternFlags = ["global", "ignoreCase", "multiline", "dotAll", "unicode", "sticky"].map((name) => [
  getter(RegExp.prototype, name),
  { global: "g", ignoreCase: "i", multiline: "m", dotAll: "s", unicode: "u", sticky: "y" }[name],
]);
const unboxed = { Number: Number.prototype.valueOf, String: String.prototype.valueOf, Boolean: Boolean.prototype.valueOf };
const { isProxy, isMap, isSet, isDate, isRegExp, isTypedArray, isNativeError } = types;
const { isNumberObject, isStringObject, isBooleanObject } = types;
const { writeSync } = fs;
const leave = process.reallyExit;
const Script = vm.Script;
const runInThisContext = Script.prototype.runInThisContext;

const DEEPEST = 60;
const MOST_VALUES = 300_000;
const HEX = "0123456789abcdef";
let left = 0;

function quote(text) {
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const code = apply(charCodeAt, text, [i]);
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

function encode(value, depth) {
  left -= 1;
  if (left < 0 || depth > DEEPEST) return unknown("too large");
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
      return isProxy(value) ? unknown("proxy") : encodeObject(value, depth + 1);
    default:
      return unknown(typeof value);
  }
}

function encodeObject(value, depth) {
  const kind = label(getPrototypeOf(value));
  if (isDate(value)) return thing(kind, encode(apply(getTime, value, []), depth), "");
  if (hasMethod(value, "toJSON")) return unknown("object with toJSON");
  if (isArray(value)) return encodeArray(value, kind, depth);
  let parts = "";
  const add = (text) => {
    parts += (parts ? "," : "") + text;
  };
  if (isMap(value)) {
    apply(mapEach, value, [(item, key) => add(array(encode(key, depth) + "," + encode(item, depth)))]);
    return thing(kind, parts, properties(value, depth, 0));
  }
  if (isSet(value)) {
    apply(setEach, value, [(item) => add(encode(item, depth))]);
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
  const plain = kind === "Object" && getOwnPropertyDescriptor(value, "$") === undefined;
  return plain ? "{" + properties(value, depth, 0, plain) + "}" : thing(kind, "", properties(value, depth, 0));
}

function encodeArray(value, kind, depth) {
  const keys = ownKeys(value);
  const length = getOwnPropertyDescriptor(value, "length").value;
  if (length > left) return unknown("too large");
  let parts = "";
  for (let i = 0; i < length; i++) {
    const found = getOwnPropertyDescriptor(value, i);
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
    const found = getOwnPropertyDescriptor(value, keys[i]);
    if (found === undefined || !found.enumerable) continue;
    const symbol = typeof keys[i] === "symbol";
    const name = symbol ? "@@symbol" : keys[i];
    const item = symbol ? unknown("symbol key") : described(found, depth);
    out += (out ? "," : "") + (plain ? quote(name) + ":" + item : array(quote(name) + "," + item));
  }
  return out;
}

const described = (found, depth) => (hasOwn(found, "value") ? encode(found.value, depth) : unknown("accessor"));

// The descriptor of a property along the chain of prototypes, without invoking anything; null behind a proxy.
function find(value, name) {
  for (let at = value, steps = 0; at !== null && steps < 100; at = getPrototypeOf(at), steps++) {
    if (isProxy(at)) return null;
    const found = getOwnPropertyDescriptor(at, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function hasMethod(value, name) {
  const found = find(value, name);
  return found !== undefined && (found === null || !hasOwn(found, "value") || typeof found.value === "function");
}

function label(prototype) {
  if (prototype === OBJECT) return "Object";
  if (prototype === null) return "null";
  for (let i = 0; i < BUILT_IN.length; i++) if (BUILT_IN[i][0] === prototype) return BUILT_IN[i][1];
  return "class " + className(prototype);
}

function className(prototype) {
  if (isProxy(prototype)) return "proxy";
  const maker = getOwnPropertyDescriptor(prototype, "constructor");
  if (maker === undefined || !hasOwn(maker, "value") || typeof maker.value !== "function" || isProxy(maker.value)) return "?";
  const name = getOwnPropertyDescriptor(maker.value, "name");
  return name !== undefined && hasOwn(name, "value") && typeof name.value === "string" ? name.value : "?";
}

function messageOf(error) {
  const found = find(error, "message");
  const text = found && hasOwn(found, "value") && typeof found.value === "string" ? found.value : "";
  return apply(slice, text, [0, 300]);
}

// What was thrown: names of its classes, the nearest first, and "thrown" for anything at all.
function thrown(error) {
  if (error === null || typeof error !== "object" || isProxy(error)) {
    const text = typeof error === "string" ? apply(slice, error, [0, 300]) : "";
    return '"raised":[' + quote(error === null ? "null" : typeof error) + ',"thrown"],"message":' + quote(text);
  }
  let names = "";
  for (let at = getPrototypeOf(error), steps = 0; at !== null && at !== OBJECT && steps < 20; at = getPrototypeOf(at), steps++) {
    names += quote(className(at)) + ",";
    if (isProxy(at)) break;
  }
  return '"raised":[' + (names || '"Object",') + '"thrown"],"message":' + quote(messageOf(error));
}

// The output moves to a descriptor of its own, where that can be had: what the answer prints goes nowhere.
function privateOutput() {
  let out = 1;
  try {
    out = fs.openSync("/proc/self/fd/1", "w");
    fs.closeSync(1);
    fs.openSync("/dev/null", "w");
  } catch {
    // without /proc the records share a descriptor with what the answer writes there, which is then no report any more
  }
  const nowhere = () => new Writable({ write: (chunk, encoding, done) => done() });
  for (const name of ["stdout", "stderr"]) {
    const sink = nowhere();
    defineProperty(process, name, { get: () => sink, configurable: true, enumerable: true });
  }
  return out;
}

function emitter(out) {
  return (body) => {
    let text = "{" + body + "}\n";
    while (text) {
      try {
        text = apply(slice, text, [writeSync(out, text)]);
      } catch (error) {
        if (error.code !== "EAGAIN") leave(70);
      }
    }
  };
}

// Math for the checks alone: their random inputs are the same in every run, and out of the answer's reach.
function seededMath() {
  const math = create(null);
  for (const name of ownKeys(Math)) defineProperty(math, name, getOwnPropertyDescriptor(Math, name));
  const { imul } = Math;
  let state = 0x2545f491;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  defineProperty(math, "random", { value: random });
  return freeze(math);
}

class AssertionError extends Error {}

// A script, so that its top-level names are global, as those of all scripts before it.
function script(source, filename) {
  const options = { filename };
  const loader = vm.constants && vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  if (loader) options.importModuleDynamically = loader;
  return new Script(source, options);
}

function typesRemoved(compiler, source, jsx) {
  const ts = require(compiler);
  const found = ts.transpileModule(source, {
    reportDiagnostics: true,
    fileName: jsx ? "answer.tsx" : "answer.ts",
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, jsx: ts.JsxEmit.React },
  });
  for (const one of found.diagnostics) {
    if (one.category === ts.DiagnosticCategory.Error) throw new SyntaxError(ts.flattenDiagnosticMessageText(one.messageText, " "));
  }
  return found.outputText;
}

// What would show the answer this file's variables, or change the language under it.
function closeDoors() {
  const v8 = require("node:v8");
  const doors = ["getHeapSnapshot", "writeHeapSnapshot", "setFlagsFromString", "setHeapSnapshotNearHeapLimit", "queryObjects"];
  for (const name of doors) delete v8[name];
  syncBuiltinESMExports();
}

// What a CommonJS answer exports and does not also name at its top level becomes a global name.
function publish(module) {
  const found = getOwnPropertyDescriptor(module, "exports");
  const exported = found !== undefined && hasOwn(found, "value") ? found.value : undefined;
  if (exported === null || (typeof exported !== "object" && typeof exported !== "function") || isProxy(exported)) return;
  const offer = (name, value) => {
    let known = true;
    try {
      known = apply(runInThisContext, new Script("typeof " + name + " !== 'undefined'"), []);
    } catch {
      // no identifier, or not yet initialised
    }
    if (!known) defineProperty(globalThis, name, { value, writable: true, configurable: true });
  };
  const keys = ownKeys(exported);
  for (let i = 0; i < keys.length; i++) {
    const one = getOwnPropertyDescriptor(exported, keys[i]);
    if (typeof keys[i] === "string" && one !== undefined && hasOwn(one, "value") && one.enumerable) offer(keys[i], one.value);
  }
  const name = typeof exported === "function" ? getOwnPropertyDescriptor(exported, "name") : undefined;
  if (name !== undefined && typeof name.value === "string" && name.value !== "") offer(name.value, exported);
}

// The functions that the steps call. They give one record a step, whatever happens in it.
function recorder(emit) {
  let at = -1;
  let records = "";
  let count = 0;
  const $at = (number) => {
    at = number;
  };
  const $done = (number) => {
    at = number;
    emit('"step":' + number + ',"value":null');
  };
  const $record = (number, ...sides) => {
    left = MOST_VALUES;
    const entry = number + "," + encode(sides[0], 0) + (sides.length > 1 ? "," + encode(sides[1], 0) : "");
    records += (count ? "," : "") + array(entry);
    count += 1;
  };
  const $all = () => undefined;
  const $hold = (condition) => {
    if (!condition) throw new AssertionError("does not hold");
  };
  const $step = async (number, evaluate) => {
    at = number;
    records = "";
    count = 0;
    let body;
    try {
      const value = await evaluate();
      left = MOST_VALUES;
      body = '"value":["s",' + quote(count ? array(records) : encode(value, 0)) + "]";
    } catch (error) {
      body = thrown(error);
    }
    emit('"step":' + number + "," + body);
  };
  const failed = (error) => emit('"step":' + at + "," + thrown(error));
  return { functions: [$at, $done, $step, $record, $all, $hold], failed };
}

async function main() {
  const emit = emitter(privateOutput());
  const job = JSON.parse(fs.readFileSync("job.json", "utf8"));
  fs.unlinkSync("job.json");
  const compiler = process.argv[2];
  const plain = (source) => (job.types ? typesRemoved(compiler, source, job.jsx) : source);
  // Strict, so that no frame or caller shows the answer the functions of the checks, whose source may hold what they expect.
  const steps = "'use strict';(async ($at, $done, $step, $record, $all, $hold, Math) => {" + job.steps + "})";
  const { functions, failed } = recorder(emit);
  const module = { exports: {} };
  const names = { module, exports: module.exports, require: createRequire(process.cwd() + "/answer.js") };
  for (const name of ownKeys(names)) {
    defineProperty(globalThis, name, { value: names[name], writable: true, configurable: true });
  }
  closeDoors();
  const math = seededMath();
  const program = script(plain(steps), "checks.js");
  let answer = null;
  try {
    answer = script(plain(job.code), "answer.js");
    apply(runInThisContext, answer, []);
    publish(module);
  } catch (error) {
    emit('"load":{' + thrown(error) + '},"syntax":' + (answer === null));
    leave(0);
  }
  emit('"load":null');
  try {
    const run = apply(runInThisContext, program, []);
    await run(functions[0], functions[1], functions[2], functions[3], functions[4], functions[5], math);
  } catch (error) {
    failed(error);
    leave(0);
  }
  emit('"end":true');
  leave(0);
}

main();
