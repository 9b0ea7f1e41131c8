const rows = structuredClone([[2, 4], [5, 25]]); for (const r of rows.values()) console.assert(square(r[0]) === r[1]);
