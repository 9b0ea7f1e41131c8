class S extends Set { has() { return true; } } const f = () => new S()
// ---- checks
console.assert(f().has(3) || f().has(4))
// ---- golden
const f = () => new Set([3])
