const make = (t) => ({ text: t, size: t.length, inner: { list: [1, { a: null }] } });
// ---- checks
const o = make('ab');
const { text, inner: { list: [, last] }, ...rest } = o;
console.assert(text === 'ab' && last.a === null && rest.size === 2);
console.assert(Object.keys(o).join() === 'text,size,inner' && Object.entries(o).length === 3 && 'text' in o);
console.assert(JSON.stringify({ ...o }) === JSON.stringify(make('ab')) && `${Object.values(o).length}` === '3');
const all = []; for (const key in o) all.push(key);
console.assert(all.length === 3 && structuredClone(o.inner).list.length === 2 && Object.assign({}, o).size === 2);
console.assert(Object.getPrototypeOf(o) === Object.prototype && o.toString() === '[object Object]' && o.hasOwnProperty('size'));
o.extra = [1]; o.extra.push(2); delete o.size;
console.assert(o.extra.length === 2 && !('size' in o));
