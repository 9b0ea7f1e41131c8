/* Runs inside the sandbox, in the realm of the checks: the answer's objects as the checks see them. */
"use strict";

function view(there, native) {
  let target = {};
  if (typeof there === "function") {
    target = function () {}.bind(); // constructible, without a property that cannot be removed
    for (const key of ownKeys(target)) delete target[key];
  } else if (!types.isProxy(there) && Array.isArray(there)) target = [];
  const here = new Proxy(target, new View(there, native === true));
  map(here, there);
  views.add(here);
  return here;
}

// The traps of a view. What may run the answer's code goes through `crossing`; reading an own property does not.
class View {
  constructor(there, native) {
    this.there = there;
    this.native = native;
    this.foreign = types.isProxy(there);
  }
  run(name, ...given) {
    if (!this.foreign) return Reflect[name](this.there, ...given);
    return cross(origins.get(this.there), false, () => () => Reflect[name](this.there, ...given)).out;
  }
  in(value, key, holder = this.there) {
    return enter(value, within(holder, key), this.native);
  }
  described(key) {
    const found = this.run("getOwnPropertyDescriptor", key);
    if (found === undefined) return undefined;
    if (isData(found)) found.value = this.in(found.value, key);
    else [found.get, found.set] = [this.in(found.get, key), this.in(found.set, key)];
    return found;
  }
  get(target, key, receiver) {
    if (this.foreign) return this.in(this.run("get", key, send(receiver)), key);
    const found = own(this.there, key);
    if (found === undefined) {
      const prototype = this.getPrototypeOf();
      return prototype === null ? undefined : Reflect.get(prototype, key, receiver);
    }
    if (isData(found)) return this.in(found.value, key, isObject(receiver) ? outward.get(receiver) : undefined);
    return found.get === undefined ? undefined : callOut(found.get, receiver, []);
  }
  set(target, key, value, receiver) {
    if (this.foreign) return this.run("set", key, send(value), send(receiver));
    const found = own(this.there, key);
    if (found === undefined) {
      const prototype = this.getPrototypeOf();
      if (prototype !== null) return Reflect.set(prototype, key, value, receiver);
    } else if (!isData(found)) {
      if (found.set !== undefined) callOut(found.set, receiver, [value]);
      return found.set !== undefined;
    } else if (!found.writable) return false;
    const there = Reflect.getOwnPropertyDescriptor(receiver, key);
    const fresh = { value, writable: true, enumerable: true, configurable: true };
    return defineProperty(receiver, key, there === undefined ? fresh : { value });
  }
  has(target, key) {
    if (this.foreign) return this.run("has", key);
    if (own(this.there, key) !== undefined) return true;
    const prototype = this.getPrototypeOf();
    return prototype !== null && Reflect.has(prototype, key);
  }
  deleteProperty(target, key) {
    return this.run("deleteProperty", key) && Reflect.deleteProperty(target, key);
  }
  defineProperty(target, key, found) {
    const sent = { ...found };
    for (const part of ["value", "get", "set"]) if (Object.hasOwn(sent, part)) sent[part] = send(sent[part]);
    if (!this.run("defineProperty", key, sent)) return false;
    if (found.configurable === false) this.getOwnPropertyDescriptor(target, key);
    return true;
  }
  ownKeys(target) {
    const keys = this.run("ownKeys");
    if (!isExtensible(target)) for (const key of ownKeys(target)) if (!keys.includes(key)) delete target[key];
    return keys;
  }
  getOwnPropertyDescriptor(target, key) {
    const found = this.described(key);
    // What cannot be configured has to be so in the target of a proxy, too.
    if (found !== undefined && !found.configurable) defineProperty(target, key, found);
    return found;
  }
  getPrototypeOf() {
    return prototypeIn(this.run("getPrototypeOf"));
  }
  setPrototypeOf(target, prototype) {
    return this.run("setPrototypeOf", send(prototype));
  }
  isExtensible(target) {
    if (this.run("isExtensible")) return true;
    if (isExtensible(target)) {
      for (const key of this.run("ownKeys")) defineProperty(target, key, this.described(key));
      Object.setPrototypeOf(target, this.getPrototypeOf());
      Object.preventExtensions(target);
    }
    return false;
  }
  preventExtensions(target) {
    return this.run("preventExtensions") && !this.isExtensible(target);
  }
  apply(target, self, given) {
    return callOut(this.there, self, given, undefined, this.native);
  }
  construct(target, given, maker) {
    return callOut(this.there, undefined, given, maker, this.native);
  }
}
