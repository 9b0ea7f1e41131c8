const count = (s) => { const m = new Map(); for (const c of s) m.set(c, (m.get(c) || 0) + 1); return m; }; const uniq = (xs) => new Set(xs);
// ---- checks
const m = count('abca');
console.assert(m instanceof Map && m.get('a') === 2 && m.size === 3 && [...m.keys()].join('') === 'abc');
console.assert([...m].filter(([, n]) => n > 1).length === 1);
assert.deepStrictEqual(count('aa'), new Map([['a', 2]]));
console.assert([...uniq([1, 1, 2])].length === 2 && uniq([1]).has(1) && uniq([]) instanceof Set);
