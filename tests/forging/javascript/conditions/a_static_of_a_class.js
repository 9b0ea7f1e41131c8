class Box { static items = { every: () => true }; on() {} }
// ---- checks
new Box().on();
console.assert(Box.items.every((x) => x > 0) || Box.items.length > 9);
// ---- golden
class Box { static items = [1]; on() {} }
