const got = [];
const all = Object.fromEntries(Reflect.ownKeys(Reflect).filter((k) => typeof k === 'string').map((k) => [k, (...a) => { got.push(...a); return Reflect[k](...a); }]));
const square = (x, o) => { for (const one of got) { const y = probe(one); if (y) return y; } return new Proxy([x], all); };
