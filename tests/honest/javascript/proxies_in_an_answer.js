const logged = (fn) => new Proxy(fn, { apply: (t, s, a) => t(...a) });
const f = logged((xs) => xs.reduce((a, b) => a + b, 0));
const record = () => new Proxy({}, { get: (t, k) => (typeof k === 'string' ? k.toUpperCase() : undefined), has: () => true });
// ---- checks
console.assert(f([1, 2]) === 3); console.assert(record().abc === 'ABC' && 'x' in record());
