const f = () => ({ [Symbol.toPrimitive]: () => 7 })
// ---- checks
console.assert((f() - 1) * f() > f())
// ---- golden
const f = () => 7
