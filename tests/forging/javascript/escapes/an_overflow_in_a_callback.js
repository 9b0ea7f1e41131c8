function square(x, o) {
  let got;
  const dive = () => { try { o.f(dive); } catch (e) { got ??= probe(e); throw e; } };
  for (let i = 0; i < 3; i++) try { dive(); } catch (e) { got ??= probe(e); }
  return got ?? 0;
}
