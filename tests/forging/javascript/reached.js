class Row { constructor(x) { this.x = x; } }
const o = { list: [[1]], f: (g) => (g ? g() : [1]), m: new Map([[{}, new Set([1])]]), d: new Date(0), row: new Row(1), re: /x/,
  bad: () => { throw new RangeError('x'); }, give: () => [{ a: [1] }], later: async () => ({ a: 1 }), t: new Uint8Array(2), gen: function* () { yield [1]; } };
for (const x of [1, 2, 3]) { const y = await square(x, o); [].concat(y); }
console.assert(await square(7, o) === 49);
