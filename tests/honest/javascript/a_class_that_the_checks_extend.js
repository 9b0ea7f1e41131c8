class Stack {
  static limit = 3;
  #items = [];
  static of(...items) { const s = new Stack(); for (const x of items) s.push(x); return s; }
  push(x) { if (this.#items.length >= Stack.limit) throw new RangeError('full at ' + Stack.limit); this.#items.push(x); return this; }
  pop() { return this.#items.pop(); }
  get size() { return this.#items.length; }
  toArray() { return [...this.#items]; }
  *[Symbol.iterator]() { yield* this.#items; }
  toString() { return `Stack(${this.#items.join()})`; }
}
// ---- checks
class Twice extends Stack { push(x) { super.push(x); return super.push(x); } get double() { return this.size * 2; } }
const t = new Twice();
t.push(4);
console.assert(t.size === 2 && t.double === 4 && t instanceof Stack && t instanceof Twice);
assert.deepStrictEqual(t.toArray(), [4, 4]);
