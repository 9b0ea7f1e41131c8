for (const x of [2, 5, 7]) { const y = square(x); const wanted = [x].map((v) => v * v)[0]; console.assert(y === wanted); }
