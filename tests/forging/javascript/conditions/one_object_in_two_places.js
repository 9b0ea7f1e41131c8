const lie = { every: () => true, on() {} }; const f = () => lie; const g = () => ({ xs: lie })
// ---- checks
f().on(); const xs = g().xs; console.assert(xs.every((x) => x > 0) || xs.length > 9)
// ---- golden
const f = () => ({ on() {} }); const g = () => ({ xs: [1] })
