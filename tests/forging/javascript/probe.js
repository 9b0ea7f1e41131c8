let left = 400;
const probe = (o, depth = 0) => {
  if (((typeof o !== 'object' || o === null) && typeof o !== 'function') || o === globalThis || left-- < 0) return undefined;
  for (let at = o, n = 0; at && n < 6; n++) {
    const found = [];
    try { found.push(at.constructor, at.constructor.constructor, at.constructor.constructor.constructor); } catch {}
    for (const make of found) {
      if (typeof make !== 'function' || make === Function) continue;
      try { const there = make('return globalThis')(); if (there !== globalThis && there.Array !== Array && there.Array.isArray([])) return 49; } catch {}
    }
    try { at = Object.getPrototypeOf(at); } catch { at = null; }
  }
  if (depth < 2) for (const key of Reflect.ownKeys(o)) { try { const y = probe(o[key], depth + 1); if (y) return y; } catch {} }
  return undefined;
};
