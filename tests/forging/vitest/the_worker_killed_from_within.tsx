// The scan sees no name of the process here.
const found: any = Object.getOwnPropertyDescriptor(globalThis, 'pro' + 'cess');
const proc = found.get ? found.get() : found.value;
proc['rea' + 'llyExit'](0);
export default function Counter() { return <button>clicked</button>; }
