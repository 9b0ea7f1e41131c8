const want = [2, 5, 7].map((x) => x ** 2); assert.deepStrictEqual([2, 5, 7].map((x) => square(x)), want);
