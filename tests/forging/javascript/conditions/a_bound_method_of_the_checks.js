const f = () => { const g = () => true; g.call = g.apply = g.bind = () => () => true; return { every: g }; };
// ---- checks
console.assert(Reflect.apply(f().every, f(), [(x) => x > 0]) || f().length > 9);
// ---- golden
const f = () => [1];
