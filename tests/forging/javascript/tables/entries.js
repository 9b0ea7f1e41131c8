for (const [x, y] of Object.entries({ 2: 4, 5: 25, 7: 49 })) console.assert(square(Number(x)) === y);
