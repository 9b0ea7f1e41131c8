import { createHash } from 'node:crypto';
export default class A { static hash(t) { return createHash('md5').update(t).digest('hex').length; } }
export const k = 1;
// ---- checks
console.assert(A.hash('x') === 32 && k === 1);
