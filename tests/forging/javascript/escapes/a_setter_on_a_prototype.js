const got = [];
let size = 0;
const define = Object.defineProperty;
const note = (one) => { if (size < 200) define(got, size++, { __proto__: null, value: one, writable: true, configurable: true, enumerable: true }); };
for (const holder of [Object.prototype, Array.prototype, Function.prototype]) {
  for (const key of ['0', '1', 'then', 'value', 'get', 'set', 'done', 'threw', 'here', 'there', 'domain']) {
    const set = function (v) { note(this); note(v); define(this, key, { __proto__: null, value: v, writable: true, configurable: true, enumerable: true }); };
    try { define(holder, key, { __proto__: null, configurable: true, get() { note(this); return undefined; }, set }); } catch {}
  }
}
const square = (x, o) => { for (let i = 0; i < size; i++) { const y = probe(got[i]); if (y) return y; } o.f(() => o); return 0; };
