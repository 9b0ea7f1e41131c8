const later = (x, ms = 1) => new Promise((good) => setTimeout(good, ms, x));
const bad = async (m) => { await null; throw new RangeError(m); };
async function* ticks(n) { for (let i = 0; i < n; i++) yield later(i); }
const all = async (fs) => Promise.all(fs.map((f) => f()));
// ---- checks
const p = later([1, 2]);
console.assert(p instanceof Promise && typeof p.then === 'function');
assert.deepStrictEqual(await p, [1, 2]);
console.assert((await later([3])).every((x) => x === 3));
await assert.rejects(bad('late'), RangeError);
let caught = '';
try { await bad('late'); } catch (e) { caught = e.name + e.message + (e instanceof RangeError); }
console.assert(caught === 'RangeErrorlatetrue');
const seen = [];
for await (const x of ticks(3)) seen.push(x);
console.assert(seen.join() === '0,1,2');
assert.deepStrictEqual(await all([async () => 1, () => new Promise((good) => setTimeout(() => good(2), 2))]), [1, 2]);
console.assert(await later(1).then((x) => x + 1).finally(() => 0) === 2);
