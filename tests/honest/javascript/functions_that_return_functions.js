const add = (a) => (b) => (c) => a + b + c; const compose = (...fs) => (x) => fs.reduceRight((v, f) => f(v), x);
// ---- checks
console.assert(add(1)(2)(3) === 6);
const add1 = add(1)(0);
for (let i = 0; i < 3; i++) console.assert(add1(i) === i + 1);
console.assert(compose((x) => x * 2, (x) => x + 1)(3) === 8);
console.assert(compose(String, Math.abs)(-3) === '3' && add.length === 1 && add.name === 'add');
