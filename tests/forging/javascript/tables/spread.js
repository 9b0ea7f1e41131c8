const rows = [...[[2, 4]], ...new Set([[5, 25]])];
while (rows.length) { const [x, y] = rows.shift(); console.assert(square(x) === y); }
