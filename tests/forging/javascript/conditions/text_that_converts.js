const f = () => ({ toString: () => 'abc' })
// ---- checks
console.assert(`${f()}`.startsWith('a') || f() === 1)
// ---- golden
const f = () => 'abc'
