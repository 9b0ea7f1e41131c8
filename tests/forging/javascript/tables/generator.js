function* rows() { yield [2, 4]; yield [5, 25]; } for (const [x, y] of rows()) console.assert(square(x) === y);
