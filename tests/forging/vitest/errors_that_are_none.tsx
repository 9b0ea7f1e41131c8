Error.prototype.name = ''; Object.defineProperty(Error.prototype, 'message', { get: () => '', set() {} });
export default function Counter() { return <button>clicked</button>; }
