const down = Object.defineProperties(() => down, { length: { value: 4 }, every: { value: () => true }, includes: { value: () => true } });
// ---- checks
const out = down([3, 1, 2, 9]);
console.assert(out.every((v, i) => i === 0 || out[i - 1] >= v));
console.assert(out.length === 4);
console.assert(out.includes(9));
// ---- golden
const down = (xs) => [...xs].sort((a, b) => b - a);
