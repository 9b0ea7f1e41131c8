const day = (t) => new Date(t); const next = (d) => new Date(d.getTime() + 864e5); const words = /(?<w>\w+)/g;
const big = (n) => BigInt(n) ** 20n; const parse = (s) => s.match(/(?<y>\d+)-(?<m>\d+)/); const sym = Symbol.for('k'); const tag = () => ({ [sym]: 1 });
// ---- checks
console.assert(day(0).getUTCFullYear() === 1970 && next(new Date(0)).toISOString().startsWith('1970-01-02') && day(0) instanceof Date);
console.assert(day(1) < day(2) && day(5) - day(3) === 2);
console.assert('a b'.match(words).length === 2 && words instanceof RegExp && words.flags === 'g');
console.assert(big(10) === 10n ** 20n && typeof big(1) === 'bigint');
console.assert(parse('2024-05').groups.y === '2024' && parse('2024-05').index === 0 && parse('x') === null);
console.assert(tag()[Symbol.for('k')] === 1);
