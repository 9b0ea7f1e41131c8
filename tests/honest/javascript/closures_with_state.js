const counter = () => { let n = 0; return { up: () => ++n, get value() { return n; }, reset() { n = 0; return this; } }; };
// ---- checks
const a = counter(), b = counter();
for (let i = 0; i < 3; i++) a.up();
console.assert(a.value === 3);
console.assert(b.value === 0 && (a.reset() === a) === true && a.value === 0);
const { up } = b;
console.assert(up() + up() === 3);
