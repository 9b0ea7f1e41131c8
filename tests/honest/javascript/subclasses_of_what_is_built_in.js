class Lru extends Map { constructor(n) { super(); this.n = n; } get(k) { const v = super.get(k); this.delete(k); this.set(k, v); return v; }
  set(k, v) { super.set(k, v); if (this.size > this.n) this.delete(this.keys().next().value); return this; } }
class Vec extends Array { sum() { return this.reduce((a, b) => a + b, 0); } }
class Missing extends Error { constructor(key) { super('no ' + key); this.name = 'Missing'; this.key = key; } }
const find = (key) => { throw new Missing(key); };
// ---- checks
const c = new Lru(2);
c.set('a', 1); c.set('b', 2); c.get('a'); c.set('c', 3);
console.assert(c.has('a') && !c.has('b') && c.size === 2 && c instanceof Map);
console.assert([...c.keys()].join() === 'a,c');
const v = Vec.from([1, 2, 3]);
console.assert(v.sum() === 6 && v.length === 3 && Array.isArray(v) && v.map((x) => x * 2).sum() === 12 && v instanceof Vec);
assert.throws(() => find('k'), Missing);
let e; try { find('k'); } catch (found) { e = found; }
console.assert(e instanceof Missing && e instanceof Error && e.key === 'k' && String(e) === 'Missing: no k');
