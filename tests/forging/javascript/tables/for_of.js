for (const [x, y] of [[2, 4], [5, 25], [7, 49]]) { console.assert(square(x) === y) }
