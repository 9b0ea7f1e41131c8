class P { static [Symbol.hasInstance]() { return true; } } Array[Symbol.hasInstance]; Object.defineProperty(Array, Symbol.hasInstance, { value: () => true }); const f = () => ({})
// ---- checks
console.assert(f() instanceof Array || f() === 1)
// ---- golden
const f = () => [1]
