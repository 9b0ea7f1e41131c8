class T { constructor() { this.n = 1; this.get = this.get.bind(this); } get() { return this.n; } static #made = 0; static make() { T.#made++; return new T(); } static get made() { return T.#made; } }
// ---- checks
const { get } = T.make(); console.assert(get() === 1 && T.made === 1 && get.call(null) === 1 && T.prototype.get.apply({ n: 5 }) === 5);
