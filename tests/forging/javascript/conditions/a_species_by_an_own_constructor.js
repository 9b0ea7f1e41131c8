const f = () => { const a = [-1]; a.constructor = { [Symbol.species]: function () { return { every: () => true }; } }; return a; }
// ---- checks
console.assert(f().map((x) => x * 2).every((x) => x > 0))
// ---- golden
const f = () => [1]
