const rows = JSON.parse('[[2,4],[5,25]]'); for (const row of rows) { console.assert(square(row.at(0)) === row.at(1)); }
