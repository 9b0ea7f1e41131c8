for (const row of '2=4;5=25'.split(';')) { const m = row.match(/(\d+)=(\d+)/); console.assert(square(+m[1]) === parseInt(m[2])); }
