class Row { constructor(x) { this.x = x; } get y() { return this.x ** 2; } } for (const r of [2, 5].map((x) => new Row(x))) console.assert(square(r.x) === r.y);
