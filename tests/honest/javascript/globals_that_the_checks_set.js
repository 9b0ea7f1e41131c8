var total = 0; let step = 1; const bump = () => (total += step);
// ---- checks
step = 5; bump(); bump(); console.assert(total === 10);
