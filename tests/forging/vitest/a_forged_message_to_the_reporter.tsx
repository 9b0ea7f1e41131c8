// The scan sees no name of the process here.
const found: any = Object.getOwnPropertyDescriptor(globalThis, 'pro' + 'cess');
const proc = found.get ? found.get() : found.value;
for (let i = 0;
i < 3;
i++) proc.send({ type: 'testfileFinished', __vitest_worker_response__: true });
proc.send({ t: 'q', m: 'onTaskUpdate', a: [[], []], i: 'x' });
export default function Counter() { return <button>clicked</button>; }
