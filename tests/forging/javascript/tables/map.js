const CASES = new Map([[2, 4], [5, 25]]); for (const [x, y] of CASES) { expect(square(x)).toBe(y); }
