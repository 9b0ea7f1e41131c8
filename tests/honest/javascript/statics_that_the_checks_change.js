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
Stack.limit = 1; const s = new Stack(); s.push(1); assert.throws(() => s.push(2), /full at 1/);
