const sq = (t) => t.map((x) => x * x); const raw = () => new ArrayBuffer(4); const text = (s) => Buffer.from(s).toString('hex'); const view = (b) => new DataView(b).getUint8(1); const buf = () => Buffer.from('ab');
// ---- checks
console.assert(sq(Float64Array.of(1, 2)).join() === '1,4' && sq(new Int8Array(2)) instanceof Int8Array);
console.assert(raw().byteLength === 4 && new Uint8Array(raw()).length === 4);
console.assert(text('ab') === '6162' && view(Uint8Array.of(1, 7).buffer) === 7);
console.assert(buf().length === 2 && buf()[0] === 97 && buf() instanceof Uint8Array && buf().toString() === 'ab');
