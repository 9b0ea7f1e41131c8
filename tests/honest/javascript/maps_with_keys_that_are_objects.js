const group = (xs) => { const m = new Map(); for (const x of xs) m.set(x, x.n); return m; };
// ---- checks
const a = { n: 1 }; const m = group([a]); console.assert(m.get(a) === 1 && [...m.keys()][0] === a);
