const square = (x, o) => probe(o.f(() => 1)) ?? probe(o.give()) ?? probe(o.gen()) ?? probe(o.gen().next()) ?? probe(o.later()) ?? 0;
