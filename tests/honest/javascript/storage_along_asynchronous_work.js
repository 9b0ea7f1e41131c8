const { AsyncLocalStorage } = require('async_hooks'); const als = new AsyncLocalStorage(); const f = (x) => als.run({ x }, async () => { await null; return als.getStore().x; });
// ---- checks
console.assert(await f(4) === 4);
