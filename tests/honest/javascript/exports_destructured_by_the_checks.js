exports.f = (x) => x * 2; exports.g = function () { return this === undefined || typeof this; };
// ---- checks
const { f: double } = module.exports; console.assert(double(2) === 4); console.assert(f(3) === 6);
