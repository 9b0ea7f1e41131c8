const rows = await Promise.all([[2, 4], [5, 25]].map(async (r) => r)); for (const r of rows) console.assert(square(r[0]) === r[1]);
