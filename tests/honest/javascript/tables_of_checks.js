const f = (xs) => xs.filter((x) => x % 2);
// ---- checks
const CASES = new Map([[[1, 2, 3], [1, 3]], [[], []]]);
for (const [xs, ys] of CASES) { expect(f(xs)).toEqual(ys); }
[[[5], 1], [[4], 0]].forEach(([xs, n]) => { console.assert(f(xs).length === n); });
for (let i = 0; i < 5; i++) { const xs = Array.from({ length: 9 }, () => Math.floor(Math.random() * 9)); console.assert(f(xs).every((x) => xs.includes(x))); }
