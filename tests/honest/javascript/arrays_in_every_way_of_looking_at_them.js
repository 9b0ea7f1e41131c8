const xs = (n) => Array.from({ length: n }, (_, i) => i); const grid = (n) => xs(n).map(() => xs(n)); const holes = () => [, 1];
// ---- checks
const a = xs(4);
console.assert(Array.isArray(a) && a instanceof Array && a.length === 4 && a.includes(3) && a.indexOf(2) === 2 && a.at(-1) === 3);
console.assert(a.slice().sort((p, q) => q - p)[0] === 3 && a.concat([4]).length === 5 && [...a, ...a].length === 8);
console.assert(a.map(String).join('') === '0123' && a.reduce((p, q) => p + q) === 6 && a.toString() === '0,1,2,3');
a.sort((p, q) => q - p); a.push(7); a.length = 2;
console.assert(a.join() === '3,2');
for (const [i, row] of grid(3).entries()) for (const x of row) console.assert(x >= 0 && i < 3);
console.assert(grid(2).flat().length === 4 && !(0 in holes()) && JSON.stringify(grid(2)) === '[[0,1],[0,1]]');
