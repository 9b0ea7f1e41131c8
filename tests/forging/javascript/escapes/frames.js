let frames = [];
Error.prepareStackTrace = (e, all) => { frames.push(e); for (const f of all) { try { frames.push(f.getThis(), f.getFunction()); } catch {} } return 'x'; };
function square(x, o) { new Error().stack; try { o.bad(); } catch (e) { e.stack; } try { null.x; } catch (e) { e.stack; } for (const one of frames) { const y = probe(one); if (y) return y; } return 0; }
