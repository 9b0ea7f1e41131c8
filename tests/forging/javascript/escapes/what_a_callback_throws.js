function square(x, o) { try { o.bad(); } catch (e) { return probe(e) ?? 0; } }
