const reverse = (head) => { let back = null; while (head) [head.next, back, head] = [back, head, head.next]; return back; };
const ring = () => { const a = { n: 1 }; a.self = a; return a; };
// ---- checks
class Node { constructor(v, next) { this.v = v; this.next = next; } total() { return this.v + (this.next ? this.next.total() : 0); } }
const list = new Node(1, new Node(2, new Node(3, null)));
const back = reverse(list);
console.assert(back.v === 3 && back instanceof Node && back.total() === 6 && list.next === null);
console.assert(ring().self.self.n === 1);
