const CASES = [{ in: 2, out: 4 }, { in: 5, out: 25 }]; CASES.forEach((c) => { console.assert(square(c.in) === c.out) });
