const fixed = () => Object.freeze({ a: 1, b: Object.freeze([1]) }); const bare = () => Object.assign(Object.create(null), { k: 1 });
// ---- checks
const o = fixed();
console.assert(Object.isFrozen(o) && Object.isFrozen(o.b) && !Object.isExtensible(o) && Object.keys(o).join() === 'a,b');
expect(() => { o.a = 2; }).toThrow(TypeError);
console.assert(bare().k === 1 && Object.getPrototypeOf(bare()) === null && Object.keys(bare()).length === 1);
