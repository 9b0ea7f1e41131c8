class Set { constructor(xs) { this.xs = xs; } has(x) { return this.xs.includes(x); } } function parseInt(s) { return s.length; }
// ---- checks
console.assert(new Set([1]).has(1)); console.assert(parseInt('12345') === 5);
