const sorted = (xs) => [...xs].sort((a, b) => a - b); const inner = (o) => ({ ...o, c: [...o.c, 1] });
// ---- checks
const xs = Object.freeze([3, 1, 2]);
assert.deepStrictEqual(sorted(xs), [1, 2, 3]);
assert.deepStrictEqual(xs, [3, 1, 2]);
const o = { c: [0] };
console.assert(inner(o).c.length === 2 && o.c.length === 1 && inner(o) !== o);
