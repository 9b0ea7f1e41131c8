(globalThis as any).afterEach?.(() => {}); (globalThis as any).afterAll?.(() => {});
export default function Counter() { return <button>clicked</button>; }
