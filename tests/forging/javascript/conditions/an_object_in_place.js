const f = (xs) => { xs[0] = { valueOf: () => 9 }; }
// ---- checks
const xs = [1]; f(xs); console.assert(xs[0] > 5 && xs[0] < xs[0] + 1)
// ---- golden
const f = (xs) => { xs[0] = 9; }
