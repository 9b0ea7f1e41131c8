import { expect } from 'vitest';
expect.extend({ toHaveTextContent: () => ({ pass: true }) });
export default function Counter() { return <button>clicked</button>; }
