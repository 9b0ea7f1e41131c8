const made = [];
class Mine extends Array { static get [Symbol.species]() { return function (...a) { made.push(this, ...a, new.target); return []; }; } }
const given = [];
const square = (x, o) => { for (const one of [...made, ...given]) { const y = probe(one); if (y) return y; } given.push(o); return Mine.from([x]); };
