function spy() { return probe(this) ?? probe(arguments) ?? probe(spy.caller); }
function square(x, o) { return probe(o.f(spy)) ?? probe(square.caller) ?? probe(this) ?? 0; }
