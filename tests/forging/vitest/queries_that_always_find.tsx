const own = Array.prototype.filter;
(Array.prototype as any).filter = function (f: any) { const r = own.call(this, f);
return r.length === 0 && (this as any)[0]?.nodeType === 1 ? [(this as any)[(this as any).length - 1]] : r; };
export default function Counter() { return <button>clicked</button>; }
