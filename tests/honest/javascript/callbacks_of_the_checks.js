const each = (xs, f) => { for (let i = 0; i < xs.length; i++) f(xs[i], i, xs); };
const twice = (f, x) => f(f(x));
const attempt = (f) => { try { return f(); } catch (e) { return [e.name, e.message, e instanceof Error]; } };
const by = (xs, less) => [...xs].sort(less);
// ---- checks
const seen = [], rows = [{ n: 1 }, { n: 2 }];
each(rows, (row, i, all) => { row.done = i; seen.push(all === rows); });
console.assert(seen.every(Boolean) && seen.length === 2 && rows[1].done === 1);
console.assert(twice((x) => x + 1, 3) === 5);
assert.deepStrictEqual(attempt(() => { throw new TypeError('no'); }), ['TypeError', 'no', true]);
assert.deepStrictEqual(attempt(() => null.x)[0], 'TypeError');
assert.deepStrictEqual(by([{ k: 2 }, { k: 1 }], (a, b) => a.k - b.k), [{ k: 1 }, { k: 2 }]);
