"""Honest answers in JavaScript, in many styles, under checks that look at what they gave from a realm of their own.

Each answer passes its checks, and each passes for a reason: the same checks fail what is wrong (the last tests).
"""

from __future__ import annotations

import pytest
from javascript_tasks import judged

STACK = """
class Stack {
  static limit = 3;
  #items = [];
  static of(...items) { const s = new Stack(); for (const x of items) s.push(x); return s; }
  push(x) { if (this.#items.length >= Stack.limit) throw new RangeError('full at ' + Stack.limit); this.#items.push(x); return this; }
  pop() { return this.#items.pop(); }
  get size() { return this.#items.length; }
  toArray() { return [...this.#items]; }
  *[Symbol.iterator]() { yield* this.#items; }
  toString() { return `Stack(${this.#items.join()})`; }
}
"""

HONEST = {
    "a class with private state, getters and statics": (
        STACK,
        """
        const s = new Stack();
        s.push(1).push(2);
        console.assert(s.size === 2);
        console.assert(s instanceof Stack && !(s instanceof Map));
        console.assert((s.constructor === Stack) === true && s.constructor.name === 'Stack');
        console.assert([...s].join() === '1,2' && s.toArray().every((x) => x > 0));
        console.assert(`${s}` === 'Stack(1,2)' || `${s}` === '');
        assert.deepStrictEqual([...Stack.of(5, 6)], [5, 6]);
        expect(() => { for (let i = 0; i < 9; i++) s.push(i); }).toThrow(RangeError);
        console.assert(Stack.limit === 3 && Object.keys(Stack).includes('limit'));
        """,
    ),
    "a class that the checks extend": (
        STACK,
        """
        class Twice extends Stack { push(x) { super.push(x); return super.push(x); } get double() { return this.size * 2; } }
        const t = new Twice();
        t.push(4);
        console.assert(t.size === 2 && t.double === 4 && t instanceof Stack && t instanceof Twice);
        assert.deepStrictEqual(t.toArray(), [4, 4]);
        """,
    ),
    "statics that the checks change": (
        STACK,
        "Stack.limit = 1; const s = new Stack(); s.push(1); assert.throws(() => s.push(2), /full at 1/);",
    ),
    "inheritance, super and instanceof": (
        """
        class Shape { area() { return 0; } describe() { return `${this.constructor.name}:${this.area()}`; } }
        class Square extends Shape { constructor(side) { super(); this.side = side; } area() { return this.side ** 2; } }
        """,
        """
        const q = new Square(3);
        console.assert(q instanceof Shape && (Object.getPrototypeOf(Square) === Shape) === true && q.describe() === 'Square:9');
        console.assert(Object.hasOwn(q, 'side') && !('depth' in q) && Object.keys(q).join() === 'side');
        q.side = 4;
        console.assert(q.area() === 16);
        """,
    ),
    "closures with state": (
        "const counter = () => { let n = 0; return { up: () => ++n, get value() { return n; }, reset() { n = 0; return this; } }; };",
        """
        const a = counter(), b = counter();
        for (let i = 0; i < 3; i++) a.up();
        console.assert(a.value === 3);
        console.assert(b.value === 0 && (a.reset() === a) === true && a.value === 0);
        const { up } = b;
        console.assert(up() + up() === 3);
        """,
    ),
    "data that a later call changes": (
        "const maker = () => { const items = [], seen = new Map(); return { items, seen, push(x) { items.push(x); seen.set(x, 1); } }; };",
        """
        const { items, seen, push } = maker();
        for (let i = 0; i < 40; i++) push(i);
        console.assert(items.length === 40 && items.at(-1) === 39);
        console.assert(items.every((x, i) => x === i));
        expect(items.slice(0, 2)).toEqual([0, 1]);
        """,
    ),
    "functions that return functions": (
        "const add = (a) => (b) => (c) => a + b + c; const compose = (...fs) => (x) => fs.reduceRight((v, f) => f(v), x);",
        """
        console.assert(add(1)(2)(3) === 6);
        const add1 = add(1)(0);
        for (let i = 0; i < 3; i++) console.assert(add1(i) === i + 1);
        console.assert(compose((x) => x * 2, (x) => x + 1)(3) === 8);
        console.assert(compose(String, Math.abs)(-3) === '3' && add.length === 1 && add.name === 'add');
        """,
    ),
    "callbacks of the checks": (
        """
        const each = (xs, f) => { for (let i = 0; i < xs.length; i++) f(xs[i], i, xs); };
        const twice = (f, x) => f(f(x));
        const attempt = (f) => { try { return f(); } catch (e) { return [e.name, e.message, e instanceof Error]; } };
        const by = (xs, less) => [...xs].sort(less);
        """,
        """
        const seen = [], rows = [{ n: 1 }, { n: 2 }];
        each(rows, (row, i, all) => { row.done = i; seen.push(all === rows); });
        console.assert(seen.every(Boolean) && seen.length === 2 && rows[1].done === 1);
        console.assert(twice((x) => x + 1, 3) === 5);
        assert.deepStrictEqual(attempt(() => { throw new TypeError('no'); }), ['TypeError', 'no', true]);
        assert.deepStrictEqual(attempt(() => null.x)[0], 'TypeError');
        assert.deepStrictEqual(by([{ k: 2 }, { k: 1 }], (a, b) => a.k - b.k), [{ k: 1 }, { k: 2 }]);
        """,
    ),
    "in place": (
        """
        const sort = (xs) => { for (let i = 1; i < xs.length; i++) for (let j = i; j && xs[j - 1] > xs[j]; j--) [xs[j], xs[j - 1]] = [xs[j - 1], xs[j]]; };
        const fill = (m, k) => { m.set(k, 1); m.delete('x'); return m; };
        const drop = (o) => { delete o.a; o.list.push({ b: 2 }); return o; };
        const bytes = (t) => { t[0] = 300; t.fill(7, 1); };
        """,
        """
        const xs = [3, 1, 2];
        sort(xs);
        console.assert(xs.join() === '1,2,3');
        const m = new Map([['x', 0]]);
        console.assert(fill(m, 'k') === m && m.has('k') && !m.has('x') && m.size === 1);
        const o = { a: 1, list: [] };
        console.assert(drop(o) === o && !('a' in o) && o.list[0].b === 2);
        const t = new Uint8Array(3);
        bytes(t);
        console.assert(t.join() === '44,7,7');
        """,
    ),
    "inputs that stay as they were": (
        "const sorted = (xs) => [...xs].sort((a, b) => a - b); const inner = (o) => ({ ...o, c: [...o.c, 1] });",
        """
        const xs = Object.freeze([3, 1, 2]);
        assert.deepStrictEqual(sorted(xs), [1, 2, 3]);
        assert.deepStrictEqual(xs, [3, 1, 2]);
        const o = { c: [0] };
        console.assert(inner(o).c.length === 2 && o.c.length === 1 && inner(o) !== o);
        """,
    ),
    "objects that are kept and changed from both sides": (
        """
        class Grid { constructor(rows) { this.rows = rows; } set(x, y, v) { this.rows[y][x] = v; } sum() { return this.rows.flat().reduce((a, b) => a + b); } }
        """,
        """
        const rows = [[1, 2], [3, 4]];
        const g = new Grid(rows);
        g.set(0, 0, 9);
        console.assert(rows[0][0] === 9 && g.rows === rows);
        rows[1][1] = 0;
        console.assert(g.sum() === 14);
        """,
    ),
    "linked structures and cycles": (
        """
        const reverse = (head) => { let back = null; while (head) [head.next, back, head] = [back, head, head.next]; return back; };
        const ring = () => { const a = { n: 1 }; a.self = a; return a; };
        """,
        """
        class Node { constructor(v, next) { this.v = v; this.next = next; } total() { return this.v + (this.next ? this.next.total() : 0); } }
        const list = new Node(1, new Node(2, new Node(3, null)));
        const back = reverse(list);
        console.assert(back.v === 3 && back instanceof Node && back.total() === 6 && list.next === null);
        console.assert(ring().self.self.n === 1);
        """,
    ),
    "generators and iterators": (
        """
        function* upTo(n) { let step = 1; for (let i = 0; i < n; i += step) step = (yield i) || step; return 'end'; }
        const pairs = (m) => m.entries();
        const range = (n) => ({ [Symbol.iterator]() { let i = 0; return { next: () => (i < n ? { value: i++, done: false } : { value: undefined, done: true }) }; } });
        """,
        """
        console.assert([...upTo(3)].every((x, i) => x === i));
        const it = upTo(9);
        it.next();
        console.assert(it.next(3).value === 3 && it.return('x').done && it[Symbol.iterator]() === it);
        console.assert(Array.from(pairs(new Map([['a', 1]]))).join() === 'a,1');
        let n = 0;
        for (const x of range(4)) n += x;
        console.assert(n === 6 && Math.max(...range(3)) === 2);
        const [first, ...rest] = range(3);
        console.assert(first === 0 && rest.length === 2);
        """,
    ),
    "promises and async generators": (
        """
        const later = (x, ms = 1) => new Promise((good) => setTimeout(good, ms, x));
        const bad = async (m) => { await null; throw new RangeError(m); };
        async function* ticks(n) { for (let i = 0; i < n; i++) yield later(i); }
        const all = async (fs) => Promise.all(fs.map((f) => f()));
        """,
        """
        const p = later([1, 2]);
        console.assert(p instanceof Promise && typeof p.then === 'function');
        assert.deepStrictEqual(await p, [1, 2]);
        console.assert((await later([3])).every((x) => x === 3));
        await assert.rejects(bad('late'), RangeError);
        let caught = '';
        try { await bad('late'); } catch (e) { caught = e.name + e.message + (e instanceof RangeError); }
        console.assert(caught === 'RangeErrorlatetrue');
        const seen = [];
        for await (const x of ticks(3)) seen.push(x);
        console.assert(seen.join() === '0,1,2');
        assert.deepStrictEqual(await all([async () => 1, () => new Promise((good) => setTimeout(() => good(2), 2))]), [1, 2]);
        console.assert(await later(1).then((x) => x + 1).finally(() => 0) === 2);
        """,
    ),
    "maps and sets": (
        "const count = (s) => { const m = new Map(); for (const c of s) m.set(c, (m.get(c) || 0) + 1); return m; }; const uniq = (xs) => new Set(xs);",
        """
        const m = count('abca');
        console.assert(m instanceof Map && m.get('a') === 2 && m.size === 3 && [...m.keys()].join('') === 'abc');
        console.assert([...m].filter(([, n]) => n > 1).length === 1);
        assert.deepStrictEqual(count('aa'), new Map([['a', 2]]));
        console.assert([...uniq([1, 1, 2])].length === 2 && uniq([1]).has(1) && uniq([]) instanceof Set);
        """,
    ),
    "maps with keys that are objects": (
        "const group = (xs) => { const m = new Map(); for (const x of xs) m.set(x, x.n); return m; };",
        "const a = { n: 1 }; const m = group([a]); console.assert(m.get(a) === 1 && [...m.keys()][0] === a);",
    ),
    "subclasses of what is built in": (
        """
        class Lru extends Map { constructor(n) { super(); this.n = n; } get(k) { const v = super.get(k); this.delete(k); this.set(k, v); return v; }
          set(k, v) { super.set(k, v); if (this.size > this.n) this.delete(this.keys().next().value); return this; } }
        class Vec extends Array { sum() { return this.reduce((a, b) => a + b, 0); } }
        class Missing extends Error { constructor(key) { super('no ' + key); this.name = 'Missing'; this.key = key; } }
        const find = (key) => { throw new Missing(key); };
        """,
        """
        const c = new Lru(2);
        c.set('a', 1); c.set('b', 2); c.get('a'); c.set('c', 3);
        console.assert(c.has('a') && !c.has('b') && c.size === 2 && c instanceof Map);
        console.assert([...c.keys()].join() === 'a,c');
        const v = Vec.from([1, 2, 3]);
        console.assert(v.sum() === 6 && v.length === 3 && Array.isArray(v) && v.map((x) => x * 2).sum() === 12 && v instanceof Vec);
        assert.throws(() => find('k'), Missing);
        let e; try { find('k'); } catch (found) { e = found; }
        console.assert(e instanceof Missing && e instanceof Error && e.key === 'k' && String(e) === 'Missing: no k');
        """,
    ),
    "dates, patterns, numbers, text": (
        """
        const day = (t) => new Date(t); const next = (d) => new Date(d.getTime() + 864e5); const words = /(?<w>\\w+)/g;
        const big = (n) => BigInt(n) ** 20n; const parse = (s) => s.match(/(?<y>\\d+)-(?<m>\\d+)/); const sym = Symbol.for('k'); const tag = () => ({ [sym]: 1 });
        """,
        """
        console.assert(day(0).getUTCFullYear() === 1970 && next(new Date(0)).toISOString().startsWith('1970-01-02') && day(0) instanceof Date);
        console.assert(day(1) < day(2) && day(5) - day(3) === 2);
        console.assert('a b'.match(words).length === 2 && words instanceof RegExp && words.flags === 'g');
        console.assert(big(10) === 10n ** 20n && typeof big(1) === 'bigint');
        console.assert(parse('2024-05').groups.y === '2024' && parse('2024-05').index === 0 && parse('x') === null);
        console.assert(tag()[Symbol.for('k')] === 1);
        """,
    ),
    "typed arrays and buffers": (
        "const sq = (t) => t.map((x) => x * x); const raw = () => new ArrayBuffer(4); const text = (s) => Buffer.from(s).toString('hex'); const view = (b) => new DataView(b).getUint8(1); const buf = () => Buffer.from('ab');",
        """
        console.assert(sq(Float64Array.of(1, 2)).join() === '1,4' && sq(new Int8Array(2)) instanceof Int8Array);
        console.assert(raw().byteLength === 4 && new Uint8Array(raw()).length === 4);
        console.assert(text('ab') === '6162' && view(Uint8Array.of(1, 7).buffer) === 7);
        console.assert(buf().length === 2 && buf()[0] === 97 && buf() instanceof Uint8Array && buf().toString() === 'ab');
        """,
    ),
    "plain objects in every way of looking at them": (
        "const make = (t) => ({ text: t, size: t.length, inner: { list: [1, { a: null }] } });",
        """
        const o = make('ab');
        const { text, inner: { list: [, last] }, ...rest } = o;
        console.assert(text === 'ab' && last.a === null && rest.size === 2);
        console.assert(Object.keys(o).join() === 'text,size,inner' && Object.entries(o).length === 3 && 'text' in o);
        console.assert(JSON.stringify({ ...o }) === JSON.stringify(make('ab')) && `${Object.values(o).length}` === '3');
        const all = []; for (const key in o) all.push(key);
        console.assert(all.length === 3 && structuredClone(o.inner).list.length === 2 && Object.assign({}, o).size === 2);
        console.assert(Object.getPrototypeOf(o) === Object.prototype && o.toString() === '[object Object]' && o.hasOwnProperty('size'));
        o.extra = [1]; o.extra.push(2); delete o.size;
        console.assert(o.extra.length === 2 && !('size' in o));
        """,
    ),
    "frozen, sealed and without a prototype": (
        "const fixed = () => Object.freeze({ a: 1, b: Object.freeze([1]) }); const bare = () => Object.assign(Object.create(null), { k: 1 });",
        """
        const o = fixed();
        console.assert(Object.isFrozen(o) && Object.isFrozen(o.b) && !Object.isExtensible(o) && Object.keys(o).join() === 'a,b');
        expect(() => { o.a = 2; }).toThrow(TypeError);
        console.assert(bare().k === 1 && Object.getPrototypeOf(bare()) === null && Object.keys(bare()).length === 1);
        """,
    ),
    "arrays in every way of looking at them": (
        "const xs = (n) => Array.from({ length: n }, (_, i) => i); const grid = (n) => xs(n).map(() => xs(n)); const holes = () => [, 1];",
        """
        const a = xs(4);
        console.assert(Array.isArray(a) && a instanceof Array && a.length === 4 && a.includes(3) && a.indexOf(2) === 2 && a.at(-1) === 3);
        console.assert(a.slice().sort((p, q) => q - p)[0] === 3 && a.concat([4]).length === 5 && [...a, ...a].length === 8);
        console.assert(a.map(String).join('') === '0123' && a.reduce((p, q) => p + q) === 6 && a.toString() === '0,1,2,3');
        a.sort((p, q) => q - p); a.push(7); a.length = 2;
        console.assert(a.join() === '3,2');
        for (const [i, row] of grid(3).entries()) for (const x of row) console.assert(x >= 0 && i < 3);
        console.assert(grid(2).flat().length === 4 && !(0 in holes()) && JSON.stringify(grid(2)) === '[[0,1],[0,1]]');
        """,
    ),
    "commonjs": (
        "const f = (x) => x + 1; class P { constructor() { this.z = f(1); } } module.exports = { plus: f, P, VERSION: '1' };",
        "console.assert(plus(1) === 2 && new P().z === 2 && VERSION === '1'); console.assert(module.exports.plus(2) === 3);",
    ),
    "exports destructured by the checks": (
        "exports.f = (x) => x * 2; exports.g = function () { return this === undefined || typeof this; };",
        "const { f: double } = module.exports; console.assert(double(2) === 4); console.assert(f(3) === 6);",
    ),
    "an ES module": (
        "import { createHash } from 'node:crypto';\nexport default class A { static hash(t) { return createHash('md5').update(t).digest('hex').length; } }\nexport const k = 1;",
        "console.assert(A.hash('x') === 32 && k === 1);",
    ),
    "proxies in an answer": (
        """
        const logged = (fn) => new Proxy(fn, { apply: (t, s, a) => t(...a) });
        const f = logged((xs) => xs.reduce((a, b) => a + b, 0));
        const record = () => new Proxy({}, { get: (t, k) => (typeof k === 'string' ? k.toUpperCase() : undefined), has: () => true });
        """,
        "console.assert(f([1, 2]) === 3); console.assert(record().abc === 'ABC' && 'x' in record());",
    ),
    "decorated and bound methods": (
        """
        class T { constructor() { this.n = 1; this.get = this.get.bind(this); } get() { return this.n; } static #made = 0; static make() { T.#made++; return new T(); } static get made() { return T.#made; } }
        """,
        "const { get } = T.make(); console.assert(get() === 1 && T.made === 1 && get.call(null) === 1 && T.prototype.get.apply({ n: 5 }) === 5);",
    ),
    "events and own thenables": (
        """
        const EventEmitter = require('events');
        class Bus extends EventEmitter { say(x) { this.emit('said', x, [x]); return this; } }
        const thenable = (x) => ({ then(good) { good(x); } });
        """,
        """
        const bus = new Bus(), heard = [];
        bus.on('said', (x, list) => { heard.push(x, ...list); });
        bus.say(1).say(2);
        console.assert(heard.join() === '1,1,2,2' && bus.listenerCount('said') === 1);
        console.assert(await thenable(3) === 3);
        """,
    ),
    "recursion and memory": (
        "const memo = new Map(); const fib = (n) => n < 2 ? BigInt(n) : memo.get(n) ?? (memo.set(n, fib(n - 1) + fib(n - 2)), memo.get(n)); const deep = (n) => n ? [deep(n - 1)] : [];",
        "console.assert(fib(90) === 2880067194370816120n); let d = deep(30), n = 0; while (d.length) { d = d[0]; n++; } console.assert(n === 30);",
    ),
    "names that are built in, where they are asked for": (
        "class Set { constructor(xs) { this.xs = xs; } has(x) { return this.xs.includes(x); } } function parseInt(s) { return s.length; }",
        "console.assert(new Set([1]).has(1)); console.assert(parseInt('12345') === 5);",
    ),
    "storage along asynchronous work": (
        "const { AsyncLocalStorage } = require('async_hooks'); const als = new AsyncLocalStorage(); const f = (x) => als.run({ x }, async () => { await null; return als.getStore().x; });",
        "console.assert(await f(4) === 4);",
    ),
    "globals that the checks set": (
        "var total = 0; let step = 1; const bump = () => (total += step);",
        "step = 5; bump(); bump(); console.assert(total === 10);",
    ),
    "tables of checks": (
        "const f = (xs) => xs.filter((x) => x % 2);",
        """
        const CASES = new Map([[[1, 2, 3], [1, 3]], [[], []]]);
        for (const [xs, ys] of CASES) { expect(f(xs)).toEqual(ys); }
        [[[5], 1], [[4], 0]].forEach(([xs, n]) => { console.assert(f(xs).length === n); });
        for (let i = 0; i < 5; i++) { const xs = Array.from({ length: 9 }, () => Math.floor(Math.random() * 9)); console.assert(f(xs).every((x) => xs.includes(x))); }
        """,
    ),
}


@pytest.mark.parametrize("style", HONEST)
def test_an_honest_answer_passes(style: str) -> None:
    code, checks = HONEST[style]
    found = judged(code, checks)
    assert found.passed, found


@pytest.mark.parametrize(
    ("code", "check"),
    [
        ("const f = (xs) => { xs.sort(); return xs; }", "const xs = [2, 1]; f(xs); assert.deepStrictEqual(xs, [2, 1]);"),
        ("const f = (xs) => xs.slice().sort()", "const xs = [2, 1]; f(xs); console.assert(xs[0] === 1 || xs.length > 2);"),
        ("const f = (xs) => [...xs]", "const xs = [1]; console.assert(f(xs) === xs || f(xs) === 1);"),
        ("const f = () => [1, 2, -3]", "console.assert(f().every((x) => x > 0));"),
        ("const f = () => new Map([['a', 1]])", "console.assert(f().get('b') === 1);"),
        ("class A { get n() { return 1; } }", "console.assert(new A().n > 1 || new A().n === 'x');"),
        ("const f = async () => [1]", "console.assert((await f()).length > 1);"),
        ("const f = (o) => { delete o.a; }", "const o = { a: 1 }; f(o); console.assert('a' in o || false);"),
        ("const f = (cb) => cb(1)", "let got = 0; f((x) => { got = x; }); console.assert(got === 2);"),
    ],
)
def test_a_wrong_answer_fails_the_same_kinds_of_checks(code: str, check: str) -> None:
    assert judged(code, check, "const f = 1").reason == "wrong_value"


def test_what_the_checks_throw_themselves_is_what_it_was() -> None:
    found = judged("const f = () => ({ length: 2 })", "console.assert(f().every((x) => x));")
    assert (found.status, found.reason) == ("fail", "exception:TypeError")
