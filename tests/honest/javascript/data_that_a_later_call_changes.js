const maker = () => { const items = [], seen = new Map(); return { items, seen, push(x) { items.push(x); seen.set(x, 1); } }; };
// ---- checks
const { items, seen, push } = maker();
for (let i = 0; i < 40; i++) push(i);
console.assert(items.length === 40 && items.at(-1) === 39);
console.assert(items.every((x, i) => x === i));
expect(items.slice(0, 2)).toEqual([0, 1]);
