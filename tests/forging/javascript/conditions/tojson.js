const f = () => ({ toJSON: () => [1] })
// ---- checks
console.assert(JSON.stringify(f()) === `[${1}]`)
// ---- golden
const f = () => [1]
