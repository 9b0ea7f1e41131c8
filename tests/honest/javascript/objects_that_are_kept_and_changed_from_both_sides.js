class Grid { constructor(rows) { this.rows = rows; } set(x, y, v) { this.rows[y][x] = v; } sum() { return this.rows.flat().reduce((a, b) => a + b); } }
// ---- checks
const rows = [[1, 2], [3, 4]];
const g = new Grid(rows);
g.set(0, 0, 9);
console.assert(rows[0][0] === 9 && g.rows === rows);
rows[1][1] = 0;
console.assert(g.sum() === 14);
