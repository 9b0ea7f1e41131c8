(globalThis as any).test = () => {}; (globalThis as any).it = () => {}; (globalThis as any).expect = () => new Proxy({}, { get: () => () => true });
export default function Counter() { return <button>clicked</button>; }
