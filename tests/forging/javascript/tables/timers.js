for (const [x, y] of [[2, 4], [5, 25]]) await new Promise((done) => setTimeout(() => { console.assert(square(x) === y); done(); }, 1));
