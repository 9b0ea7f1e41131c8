const memo = new Map(); const fib = (n) => n < 2 ? BigInt(n) : memo.get(n) ?? (memo.set(n, fib(n - 1) + fib(n - 2)), memo.get(n)); const deep = (n) => n ? [deep(n - 1)] : [];
// ---- checks
console.assert(fib(90) === 2880067194370816120n); let d = deep(30), n = 0; while (d.length) { d = d[0]; n++; } console.assert(n === 30);
