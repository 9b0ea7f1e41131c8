const got = [];
try { require('async_' + 'hooks').createHook({ init(a, t, g, r) { got.push(r); } }).enable(); } catch {}
try { const { AsyncLocalStorage } = require('node:async_hooks'); class L extends AsyncLocalStorage { _propagate(...a) { got.push(...a); } } const l = new L(); l._propagate = (...a) => got.push(...a); l.enterWith(1); l.run(1, () => 0); } catch {}
try { require('v8').promiseHooks.onInit((p) => got.push(p)); } catch {}
try { got.push(require('async_hooks').executionAsyncResource()); } catch {}
const square = async (x, o) => { await null; try { got.push(require('async_hooks').executionAsyncResource()); } catch {} for (const one of got) { const y = probe(one); if (y) return y; } return 0; };
