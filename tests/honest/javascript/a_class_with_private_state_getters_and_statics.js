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
const s = new Stack();
s.push(1).push(2);
console.assert(s.size === 2);
console.assert(s instanceof Stack && !(s instanceof Map));
console.assert((s.constructor === Stack) === true && s.constructor.name === 'Stack');
console.assert([...s].join() === '1,2' && s.toArray().every((x) => x > 0));
console.assert(`${s}` === 'Stack(1,2)' || `${s}` === '');
assert.deepStrictEqual([...Stack.of(5, 6)], [5, 6]);
expect(() => { for (let i = 0; i < 9; i++) s.push(i); }).toThrow(RangeError);
console.assert(Stack.limit === 3 && Object.keys(Stack).includes('limit'));
