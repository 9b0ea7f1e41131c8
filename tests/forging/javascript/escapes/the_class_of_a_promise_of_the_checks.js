const square = async (x, o) => { const p = o.later(); return probe(p) ?? probe(await p) ?? probe(p.then(() => 1)) ?? 0; };
