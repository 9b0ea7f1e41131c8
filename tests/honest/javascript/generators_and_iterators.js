function* upTo(n) { let step = 1; for (let i = 0; i < n; i += step) step = (yield i) || step; return 'end'; }
const pairs = (m) => m.entries();
const range = (n) => ({ [Symbol.iterator]() { let i = 0; return { next: () => (i < n ? { value: i++, done: false } : { value: undefined, done: true }) }; } });
// ---- checks
console.assert([...upTo(3)].every((x, i) => x === i));
const it = upTo(9);
it.next();
console.assert(it.next(3).value === 3 && it.return('x').done && it[Symbol.iterator]() === it);
console.assert(Array.from(pairs(new Map([['a', 1]]))).join() === 'a,1');
let n = 0;
for (const x of range(4)) n += x;
console.assert(n === 6 && Math.max(...range(3)) === 2);
const [first, ...rest] = range(3);
console.assert(first === 0 && rest.length === 2);
