class Shape { area() { return 0; } describe() { return `${this.constructor.name}:${this.area()}`; } }
class Square extends Shape { constructor(side) { super(); this.side = side; } area() { return this.side ** 2; } }
// ---- checks
const q = new Square(3);
console.assert(q instanceof Shape && (Object.getPrototypeOf(Square) === Shape) === true && q.describe() === 'Square:9');
console.assert(Object.hasOwn(q, 'side') && !('depth' in q) && Object.keys(q).join() === 'side');
q.side = 4;
console.assert(q.area() === 16);
