const sort = (xs) => { for (let i = 1; i < xs.length; i++) for (let j = i; j && xs[j - 1] > xs[j]; j--) [xs[j], xs[j - 1]] = [xs[j - 1], xs[j]]; };
const fill = (m, k) => { m.set(k, 1); m.delete('x'); return m; };
const drop = (o) => { delete o.a; o.list.push({ b: 2 }); return o; };
const bytes = (t) => { t[0] = 300; t.fill(7, 1); };
// ---- checks
const xs = [3, 1, 2];
sort(xs);
console.assert(xs.join() === '1,2,3');
const m = new Map([['x', 0]]);
console.assert(fill(m, 'k') === m && m.has('k') && !m.has('x') && m.size === 1);
const o = { a: 1, list: [] };
console.assert(drop(o) === o && !('a' in o) && o.list[0].b === 2);
const t = new Uint8Array(3);
bytes(t);
console.assert(t.join() === '44,7,7');
