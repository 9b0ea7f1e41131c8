const f = (x) => x + 1; class P { constructor() { this.z = f(1); } } module.exports = { plus: f, P, VERSION: '1' };
// ---- checks
console.assert(plus(1) === 2 && new P().z === 2 && VERSION === '1'); console.assert(module.exports.plus(2) === 3);
