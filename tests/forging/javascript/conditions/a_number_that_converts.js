const f = () => ({ valueOf: () => 7 })
// ---- checks
console.assert(f() > 5 && f() < f() + 9)
// ---- golden
const f = () => 7
