const CASES = new Set(['2:4', '5:25']); for (const c of CASES) { const [x, y] = c.split(':').map(Number); expect(square(x)).toBe(y); }
