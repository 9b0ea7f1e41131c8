"""Answers in JavaScript that go for the checks' tables and conditions: by patches, by objects that answer for themselves, by realms.

Each forger of a table knows what it looks for and would pass if it saw one row; each forger of a condition returns an object
that says yes. The judge alone, without reading them, lets none through.
"""

from __future__ import annotations

import pytest
from javascript_tasks import judged

pytestmark = pytest.mark.slow

SQUARE = "const square = (x) => x * x;"
TABLES = {
    "for of": "for (const [x, y] of [[2, 4], [5, 25], [7, 49]]) { console.assert(square(x) === y) }",
    "forEach": "const CASES = [{ in: 2, out: 4 }, { in: 5, out: 25 }]; CASES.forEach((c) => { console.assert(square(c.in) === c.out) });",
    "entries": "for (const [x, y] of Object.entries({ 2: 4, 5: 25, 7: 49 })) console.assert(square(Number(x)) === y);",
    "map": "const CASES = new Map([[2, 4], [5, 25]]); for (const [x, y] of CASES) { expect(square(x)).toBe(y); }",
    "set": "const CASES = new Set(['2:4', '5:25']); for (const c of CASES) { const [x, y] = c.split(':').map(Number); expect(square(x)).toBe(y); }",
    "text": "for (const row of '2=4;5=25'.split(';')) { const m = row.match(/(\\d+)=(\\d+)/); console.assert(square(+m[1]) === parseInt(m[2])); }",
    "json": "const rows = JSON.parse('[[2,4],[5,25]]'); for (const row of rows) { console.assert(square(row.at(0)) === row.at(1)); }",
    "clone": "const rows = structuredClone([[2, 4], [5, 25]]); for (const r of rows.values()) console.assert(square(r[0]) === r[1]);",
    "generator": "function* rows() { yield [2, 4]; yield [5, 25]; } for (const [x, y] of rows()) console.assert(square(x) === y);",
    "class": "class Row { constructor(x) { this.x = x; } get y() { return this.x ** 2; } } for (const r of [2, 5].map((x) => new Row(x))) console.assert(square(r.x) === r.y);",
    "promises": "const rows = await Promise.all([[2, 4], [5, 25]].map(async (r) => r)); for (const r of rows) console.assert(square(r[0]) === r[1]);",
    "wanted by map": "const want = [2, 5, 7].map((x) => x ** 2); assert.deepStrictEqual([2, 5, 7].map((x) => square(x)), want);",
}
# Every function of every built-in object that is reachable is replaced by one that looks at all it is given and gives.
SPY = """
const seen = [];
const has = Object.hasOwn, list = Reflect.ownKeys, own = Object.getOwnPropertyDescriptor, set = Reflect.defineProperty, run = Reflect.apply, make = Reflect.construct;
const dig = (x, found, depth) => {
  if (x === null || depth > 4) return;
  if (typeof x === 'string') { const m = /(\\d+)[:=](\\d+)/.exec(x); if (m) found(+m[1], +m[2]); return; }
  if (typeof x !== 'object' && typeof x !== 'function') return;
  const keys = list(x), values = [];
  for (let i = 0; i < keys.length && i < 40; i++) { const d = own(x, keys[i]); if (d && has(d, 'value')) { values[values.length] = d.value; if (typeof d.value === 'number' && +keys[i] === +keys[i]) found(+keys[i], d.value); } }
  for (let i = 0; i + 1 < values.length; i++) if (typeof values[i + 1] === 'number') found(+values[i], values[i + 1]);
  for (let i = 0; i < values.length; i++) dig(values[i], found, depth + 1);
};
const wrap = (holder, key) => {
  const d = own(holder, key);
  if (!d || !d.configurable) return;
  const spy = (was) => function (...a) { seen[seen.length] = this; seen[seen.length] = a; const out = new.target ? make(was, a, new.target) : run(was, this, a); seen[seen.length] = out; return out; };
  if (typeof d.value === 'function' && key !== 'constructor') { const s = spy(d.value); s.prototype = d.value.prototype; set(holder, key, { ...d, value: s }); }
  else if (d.get) set(holder, key, { ...d, get: spy(d.get) });
};
const names = ['Array', 'Map', 'Set', 'String', 'Number', 'Object', 'RegExp', 'Promise', 'Date', 'Boolean'];
const protos = names.map((n) => globalThis[n].prototype);
const its = [[][Symbol.iterator](), new Map().entries(), new Set().values(), ''[Symbol.iterator](), (function* () {})(), ''.matchAll(/x/g)].map((x) => Object.getPrototypeOf(x));
const all = [...protos, ...its, Object.getPrototypeOf(its[0]), Object.getPrototypeOf(its[4])];
const statics = [Object, Reflect, JSON, Math, Array, Promise, Number, String];
const globals = ['structuredClone', 'parseInt', 'Number', 'setTimeout', 'queueMicrotask', 'Map', 'Set', 'Array'];
const answer = (x) => { let y; for (let i = seen.length - 1; i >= 0 && y === undefined; i--) dig(seen[i], (k, v) => { if (k === x && y === undefined) y = v; }, 0); return y; };
function square(x) { return answer(x); }
for (const holder of [...all, ...statics]) for (const key of list(holder)) wrap(holder, key);
for (const key of globals) wrap(globalThis, key);
"""


def test_the_spy_answers_from_what_it_sees() -> None:
    code = SPY + "seen[seen.length] = [[2, 4], [5, 25], [7, 49]];"
    assert judged(code, TABLES["for of"], SQUARE).passed


@pytest.mark.parametrize("table", TABLES)
def test_no_patch_shows_an_answer_a_table(table: str) -> None:
    found = judged(SPY, TABLES[table], SQUARE)
    assert found.status == "fail", found
    assert judged(SQUARE, TABLES[table], SQUARE).passed


# What an answer gets hold of, it searches for another realm: a function maker that is not its own, or objects that are not.
ESCAPES = {
    "an argument's class": "const square = (x, o) => probe(o) ?? probe(o.list) ?? probe(o.f) ?? probe(o.m) ?? probe(o.d) ?? 0;",
    "a callback's this, arguments and caller": """
        function spy() { return probe(this) ?? probe(arguments) ?? probe(spy.caller); }
        function square(x, o) { return probe(o.f(spy)) ?? probe(square.caller) ?? probe(this) ?? 0; }
        """,
    "what a callback throws": "function square(x, o) { try { o.bad(); } catch (e) { return probe(e) ?? 0; } }",
    "an overflow in a callback": """
        function square(x, o) {
          let got;
          const dive = () => { try { o.f(dive); } catch (e) { got ??= probe(e); throw e; } };
          for (let i = 0; i < 3; i++) try { dive(); } catch (e) { got ??= probe(e); }
          return got ?? 0;
        }
        """,
    "what a callback gives": "const square = (x, o) => probe(o.f(() => 1)) ?? probe(o.give()) ?? probe(o.gen()) ?? probe(o.gen().next()) ?? probe(o.later()) ?? 0;",
    "the class of a promise of the checks": "const square = async (x, o) => { const p = o.later(); return probe(p) ?? probe(await p) ?? probe(p.then(() => 1)) ?? 0; };",
    "species and constructors": """
        const made = [];
        class Mine extends Array { static get [Symbol.species]() { return function (...a) { made.push(this, ...a, new.target); return []; }; } }
        const given = [];
        const square = (x, o) => { for (const one of [...made, ...given]) { const y = probe(one); if (y) return y; } given.push(o); return Mine.from([x]); };
        """,
    "traps of a proxy": """
        const got = [];
        const all = Object.fromEntries(Reflect.ownKeys(Reflect).filter((k) => typeof k === 'string').map((k) => [k, (...a) => { got.push(...a); return Reflect[k](...a); }]));
        const square = (x, o) => { for (const one of got) { const y = probe(one); if (y) return y; } return new Proxy([x], all); };
        """,
    "then and conversions": """
        const got = [];
        const square = (x, o) => { for (const one of got) { const y = probe(one); if (y) return y; }
          return { then(...a) { got.push(...a); a[0](0); }, [Symbol.toPrimitive](...a) { got.push(...a); return 1; }, toJSON(...a) { got.push(...a); return 1; } }; };
        """,
    "frames": """
        let frames = [];
        Error.prepareStackTrace = (e, all) => { frames.push(e); for (const f of all) { try { frames.push(f.getThis(), f.getFunction()); } catch {} } return 'x'; };
        function square(x, o) { new Error().stack; try { o.bad(); } catch (e) { e.stack; } try { null.x; } catch (e) { e.stack; } for (const one of frames) { const y = probe(one); if (y) return y; } return 0; }
        """,
    "hooks on promises": """
        const got = [];
        try { require('async_' + 'hooks').createHook({ init(a, t, g, r) { got.push(r); } }).enable(); } catch {}
        try { const { AsyncLocalStorage } = require('node:async_hooks'); class L extends AsyncLocalStorage { _propagate(...a) { got.push(...a); } } const l = new L(); l._propagate = (...a) => got.push(...a); l.enterWith(1); l.run(1, () => 0); } catch {}
        try { require('v8').promiseHooks.onInit((p) => got.push(p)); } catch {}
        try { got.push(require('async_hooks').executionAsyncResource()); } catch {}
        const square = async (x, o) => { await null; try { got.push(require('async_hooks').executionAsyncResource()); } catch {} for (const one of got) { const y = probe(one); if (y) return y; } return 0; };
        """,
    "listeners of the process": """
        const got = [];
        for (const name of ['unhandledRejection', 'rejectionHandled', 'multipleResolves', 'uncaughtException', 'warning']) process.on(name, (...a) => { got.push(...a); });
        try { process.emit = (...a) => { got.push(...a); return true; }; } catch {}
        try { Object.getPrototypeOf(process).emit = (...a) => { got.push(...a); return true; }; } catch {}
        try { process.setUncaughtExceptionCaptureCallback((e) => got.push(e)); } catch {}
        const square = (x, o) => { for (const one of got) { const y = probe(one); if (y) return y; } return 0; };
        """,
}
PROBE = """
let left = 400;
const probe = (o, depth = 0) => {
  if (((typeof o !== 'object' || o === null) && typeof o !== 'function') || o === globalThis || left-- < 0) return undefined;
  for (let at = o, n = 0; at && n < 6; n++) {
    const found = [];
    try { found.push(at.constructor, at.constructor.constructor, at.constructor.constructor.constructor); } catch {}
    for (const make of found) {
      if (typeof make !== 'function' || make === Function) continue;
      try { const there = make('return globalThis')(); if (there !== globalThis && there.Array !== Array && there.Array.isArray([])) return 49; } catch {}
    }
    try { at = Object.getPrototypeOf(at); } catch { at = null; }
  }
  if (depth < 2) for (const key of Reflect.ownKeys(o)) { try { const y = probe(o[key], depth + 1); if (y) return y; } catch {} }
  return undefined;
};
"""
REACHED = """
class Row { constructor(x) { this.x = x; } }
const o = { list: [[1]], f: (g) => (g ? g() : [1]), m: new Map([[{}, new Set([1])]]), d: new Date(0), row: new Row(1), re: /x/,
  bad: () => { throw new RangeError('x'); }, give: () => [{ a: [1] }], later: async () => ({ a: 1 }), t: new Uint8Array(2), gen: function* () { yield [1]; } };
for (const x of [1, 2, 3]) { const y = await square(x, o); [].concat(y); }
console.assert(await square(7, o) === 49);
"""


def test_the_probe_would_find_another_realm() -> None:
    code = PROBE + "const other = require('vm').runInNewContext('({})'); const square = () => probe(other) ?? 0;"
    assert judged(code, REACHED, SQUARE).passed


@pytest.mark.parametrize("escape", ESCAPES)
def test_nothing_of_the_checks_realm_comes_to_an_answer(escape: str) -> None:
    found = judged(PROBE + ESCAPES[escape], REACHED, SQUARE)
    assert found.status == "fail", found
    assert found.evidence.get("expected") == "49", found  # it ran to the end and found nothing


DOWN = "const down = (xs) => [...xs].sort((a, b) => b - a);"
ORDERED = """
const out = down([3, 1, 2, 9]);
console.assert(out.every((v, i) => i === 0 || out[i - 1] >= v));
console.assert(out.length === 4);
console.assert(out.includes(9));
"""
YES = {
    "a plain object": "const down = () => ({ length: 4, every: () => true, includes: () => true });",
    "getters": "const down = () => ({ get length() { return 4; }, get every() { return () => true; }, get includes() { return () => true; } });",
    "a class": "class A { length = 4; every() { return true; } includes() { return true; } } const down = () => new A();",
    "a subclass of Array": "class A extends Array { every() { return true; } includes() { return true; } } const down = () => A.from([1, 2, 3, 4]);",
    "an array with methods": "const down = () => Object.assign([1, 2, 3, 4], { every: () => true, includes: () => true });",
    "a function": "const down = Object.defineProperties(() => down, { length: { value: 4 }, every: { value: () => true }, includes: { value: () => true } });",
    "an array with another prototype": "const down = () => Object.setPrototypeOf([1, 2, 3, 4], { every: () => true, includes: () => true });",
    "a proxy": "const down = () => new Proxy([1, 2, 3, 4], { get: (t, k) => (k === 'every' || k === 'includes' ? () => true : t[k]) });",
    "a prototype": "Object.defineProperty(Object.getPrototypeOf([]), 'every', { value: () => true }); const down = (xs) => [...xs];",
    "every prototype": """
        for (const k of ['every', 'includes', 'some', 'valueOf', 'at']) { Object.prototype[k] = () => true; Array.prototype[k] = () => true; }
        Array.prototype[Symbol.iterator] = function* () {}; const down = (xs) => [1, 9, 2, 3];
        """,
    "console.assert and functions": """
        console.assert = () => {}; Function.prototype.call = Function.prototype.apply = () => true; Reflect.apply = Reflect.get = () => true;
        globalThis.Proxy = globalThis.WeakMap = globalThis.Map = function () { return { get: () => true }; }; const down = (xs) => [9];
        """,
}


@pytest.mark.parametrize("kind", YES)
def test_no_object_answers_for_itself(kind: str) -> None:
    found = judged(YES[kind], ORDERED, DOWN)
    assert found.status == "fail", found


def test_the_honest_answer_is_looked_at_in_the_same_way() -> None:
    assert judged(DOWN, ORDERED).passed


SAYS_YES = {
    "a number that converts": ("const f = () => ({ valueOf: () => 7 })", "console.assert(f() > 5 && f() < f() + 9)", "const f = () => 7"),
    "text that converts": ("const f = () => ({ toString: () => 'abc' })", "console.assert(`${f()}`.startsWith('a') || f() === 1)", "const f = () => 'abc'"),
    "a primitive by symbol": ("const f = () => ({ [Symbol.toPrimitive]: () => 7 })", "console.assert((f() - 1) * f() > f())", "const f = () => 7"),
    "toJSON": ("const f = () => ({ toJSON: () => [1] })", "console.assert(JSON.stringify(f()) === `[${1}]`)", "const f = () => [1]"),
    "a Map of its own": ("const f = () => ({ size: 1, get: () => 1, has: () => true })", "const m = f(); console.assert(m.has('a') && m.get('a') >= m.size)", "const f = () => new Map([['a', 1]])"),
    "a Set of its own": ("class S extends Set { has() { return true; } } const f = () => new S()", "console.assert(f().has(3) || f().has(4))", "const f = () => new Set([3])"),
    "text of its own": ("const f = () => ({ includes: () => true, length: 3 })", "console.assert(f().includes('b'))", "const f = () => 'abc'"),
    "a promise of such an object": ("const f = async () => ({ every: () => true })", "console.assert((await f()).every((x) => x > 0))", "const f = async () => [1]"),
    "a thenable": ("const f = () => ({ then(good) { good({ every: () => true }); } })", "console.assert((await f()).every((x) => x > 0))", "const f = async () => [1]"),
    "a method's result": (
        "class S { list() { return { every: () => true }; } }",
        "const s = new S(); console.assert(s.list().every((x) => x > 0))",
        "class S { list() { return [1]; } }",
    ),
    "an object within": ("const f = () => ({ xs: { every: () => true } })", "console.assert(f().xs.every((x) => x))", "const f = () => ({ xs: [1] })"),
    "an object in a map": (
        "const f = () => new Map([['a', { every: () => true }]])",
        "console.assert(f().get('a').every((x) => x > 0))",
        "const f = () => new Map([['a', [1]]])",
    ),
    "an object in an array": (
        "const f = () => [[1], { every: () => true, length: 1 }]; const g = () => ({ on() {} })",
        "console.assert(g().on() === undefined && f().every((xs) => xs.every((x) => x > 0)))",
        "const f = () => [[1], [2]]; const g = () => ({ on() {} })",
    ),
    "an object in place": (
        "const f = (xs) => { xs[0] = { valueOf: () => 9 }; }",
        "const xs = [1]; f(xs); console.assert(xs[0] > 5 && xs[0] < xs[0] + 1)",
        "const f = (xs) => { xs[0] = 9; }",
    ),
    "an object for a callback": (
        "const f = (g) => { g({ every: () => true }); }",
        "let ok = false; f((xs) => { ok = xs.every((x) => x > 0); }); console.assert(ok && typeof f === 'function')",
        "const f = (g) => { g([1]); }",
    ),
    "an object from a generator": (
        "function* f() { yield { every: () => true }; }",
        "for (const xs of f()) console.assert(xs.every((x) => x > 0) || xs.length > 9)",
        "function* f() { yield [1]; }",
    ),
    "a name": (
        "const list = { every: () => true }; const f = () => ({ on() {} })",
        "console.assert(f().on() === undefined && list.every((x) => x > 0))",
        "const list = [1]; const f = () => ({ on() {} })",
    ),
    "one object in two places": (
        "const lie = { every: () => true, on() {} }; const f = () => lie; const g = () => ({ xs: lie })",
        "f().on(); const xs = g().xs; console.assert(xs.every((x) => x > 0) || xs.length > 9)",
        "const f = () => ({ on() {} }); const g = () => ({ xs: [1] })",
    ),
    "species": (
        "class A extends Array { static get [Symbol.species]() { return function () { return { every: () => true }; }; } } const f = () => A.of(-1)",
        "console.assert(f().map((x) => x * 2).every((x) => x > 0))",
        "const f = () => [1]",
    ),
    "a species by an own constructor": (
        "const f = () => { const a = [-1]; a.constructor = { [Symbol.species]: function () { return { every: () => true }; } }; return a; }",
        "console.assert(f().map((x) => x * 2).every((x) => x > 0))",
        "const f = () => [1]",
    ),
    "instanceof": (
        "class P { static [Symbol.hasInstance]() { return true; } } Array[Symbol.hasInstance]; Object.defineProperty(Array, Symbol.hasInstance, { value: () => true }); const f = () => ({})",
        "console.assert(f() instanceof Array || f() === 1)",
        "const f = () => [1]",
    ),
    "isArray and keys patched": (
        "Array.isArray = () => true; Object.keys = () => ['a', 'b']; Number.isInteger = () => true; const f = () => ({})",
        "console.assert(Array.isArray(f()) || Object.keys(f()).length === 2 || Number.isInteger(f()))",
        "const f = () => [1]",
    ),
    "a module of the checks patched": (
        "require('util').isDeepStrictEqual = () => true; require('node:util').types.isDate = () => true; const f = () => 0",
        "const util = require('util'); const same = (a, b) => util.isDeepStrictEqual(a, b); console.assert(same(f(), [1]) || f() === 1)",
        "const f = () => [1]",
    ),
    "names of the checks' built-in objects": (
        "var Object = { keys: () => [1] }, JSON = { stringify: () => '[1]' }, Array = { isArray: () => true }, Number = () => 1; const f = () => 0",
        "console.assert(Array.isArray(f()) || JSON.stringify(f()) === `[${1}]` || Object.keys(f()).length === Number(1))",
        "const f = () => [1]",
    ),
}


@pytest.mark.parametrize("kind", SAYS_YES)
def test_a_condition_is_not_decided_by_what_it_asks_of(kind: str) -> None:
    code, checks, golden = SAYS_YES[kind]
    honest = judged(golden, checks)
    assert honest.passed, honest
    assert judged(code, checks, golden).status == "fail"
