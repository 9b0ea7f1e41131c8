"""Attacks written in JavaScript, for the toolchain ``node``: the ways that Node.js has of its own to the same doors.

Probes share one job as in ``attacks_probe`` and answer with the error's code or a word; bombs are as in ``attacks_bombs``.
Not covered again: what the language does not change (system calls, handed over files, the judge).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from attacks_bombs import Bomb, Ending
from attacks_probe import GONE

_UNREACHED = (
    *GONE,
    "ECONNREFUSED",
    "ENETUNREACH",
    "EADDRNOTAVAIL",
    "EAFNOSUPPORT",
    "EHOSTUNREACH",
    "late",
)
_QUIET = (*_UNREACHED, "sent", "ETIMEOUT", "ECANCELLED", "EINVAL")

# Each is the body of an async function of ``w``, the test's own things; the second part are the outcomes that are no breach.
PROBES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "reads the secret": ("return 'read ' + fs.readFileSync(w.folder + '/secret').length", GONE),
    "reads the secret later": ("return 'read ' + (await fs.promises.readFile(w.folder + '/secret')).length", GONE),
    "reads a key": ("return 'read ' + fs.readFileSync(w.folder + '/home/.ssh/id_ed25519').length", GONE),
    "reads by a stream": (
        "return new Promise((a, b) => fs.createReadStream(w.folder + '/secret').on('error', b).on('data', () => a('read')))",
        GONE,
    ),
    "reads through a symlink": ("fs.symlinkSync(w.folder + '/secret', 'l'); return 'read ' + fs.readFileSync('l').length", GONE),
    "reads by a binding": (
        "const b = process.binding('fs'); return 'opened ' + b.open(w.folder + '/secret', 0, 0)",
        (*GONE, "ERR_ACCESS_DENIED", "ERR_UNKNOWN_BUILTIN_MODULE", "ERR_INVALID_MODULE"),
    ),
    "reads by import": ("await import('file://' + w.folder + '/secret'); return 'read'", (*GONE, "ERR_MODULE_NOT_FOUND")),
    "reads the repository": ("return 'read ' + fs.readFileSync(w.repository + '/pyproject.toml').length", GONE),
    "reads the passwords": ("return 'read ' + fs.readFileSync('/etc/shadow').length", GONE),
    "reads in a worker": (
        "const { Worker } = require('worker_threads');"
        "const s = `require('worker_threads').parentPort.postMessage(require('fs').readFileSync('${w.folder}/secret').length)`;"
        "return new Promise((a, b) => new Worker(s, { eval: true }).on('message', (n) => a('read ' + n)).on('error', b))",
        (*GONE, "ERR_WORKER_INIT_FAILED"),
    ),
    "reads in a child": (
        "const r = require('child_process').spawnSync('cat', [w.folder + '/secret']);"
        "if (r.error) throw r.error; return r.stdout.length ? 'read' : 'none'",
        (*GONE, "none", "EAGAIN"),
    ),
    "lists a folder": ("return 'sees ' + fs.readdirSync(w.folder)", GONE),
    "finds the secret in the environment": ("return process.env.GOLDLOOP_ATTACK_SECRET ? 'found' : 'none'", ("none",)),
    "finds the secret in the parent's environment": (
        "return fs.readFileSync(`/proc/${process.ppid}/environ`).includes('GOLDLOOP_ATTACK_SECRET') ? 'found' : 'none'",
        (*GONE, "none"),
    ),
    "finds the secret in the report": (
        "process.report.excludeNetwork = true; "
        "return process.report.getReport().environmentVariables?.GOLDLOOP_ATTACK_SECRET ? 'found' : 'none'",
        (*GONE, "none"),
    ),
    "writes into an open folder": ("fs.writeFileSync(w.folder + '/open/node', 'x'); return 'wrote'", GONE),
    "changes a mode": (
        "const f = w.folder + '/open/file'; fs.chmodSync(f, 0o600);"
        "return (fs.statSync(f).mode & 0o777) == 0o666 ? 'without effect' : 'changed'",
        (*GONE, "without effect"),
    ),
    "removes a file": ("fs.rmSync(w.folder + '/open/file'); return 'removed'", GONE),
    "renames over a file": ("fs.writeFileSync('m', 'x'); fs.renameSync('m', w.folder + '/open/file'); return 'renamed'", GONE),
    "connects": ("return connect({ host: w.tcp_loopback4[0], port: w.tcp_loopback4[1] })", _UNREACHED),
    "connects over six": ("return connect({ host: w.tcp_loopback6[0], port: w.tcp_loopback6[1] })", _UNREACHED),
    "connects to a path": ("return connect({ path: w.unix_path })", _UNREACHED),
    "connects to a name": ("return connect({ path: w.unix_abstract.replace('@', '\\0') })", (*_UNREACHED, "EINVAL")),
    "connects to the engine": ("return connect({ path: w.engine })", _UNREACHED),
    "fetches": (
        "try { return 'got ' + (await fetch(`http://127.0.0.1:${w.tcp_loopback4[1]}/`)).status }"
        " catch (e) { throw e.cause || e }",
        (*_UNREACHED, "UND_ERR_SOCKET", "EPERM"),
    ),
    "asks a name server": (
        "const r = new (require('dns').promises.Resolver)({ timeout: 300, tries: 1 });"
        "r.setServers(['127.0.0.1:' + w.udp_loopback4[1]]); return 'got ' + await r.resolve4('goldloop.invalid')",
        _QUIET,
    ),
    "sends a datagram": (
        "const s = require('dgram').createSocket('udp4');"
        "return new Promise((a, b) => { s.on('error', b);"
        " s.send('node', w.udp_loopback4[1], '127.0.0.1', (e) => { s.close(); e ? b(e) : a('sent') }) })",
        _QUIET,
    ),
    "signals the victim": ("process.kill(w.victim, 0); return 'delivered'", GONE),
    "signals the harness": ("process.kill(w.harness, 0); return 'delivered'", GONE),
    "becomes root": ("process.setuid(0); return 'root ' + process.getuid()", (*GONE, "EINVAL")),
    "raises its priority": ("require('os').setPriority(0, -10); return 'raised'", (*GONE, "ERR_SYSTEM_ERROR")),
    "slows the victim": ("require('os').setPriority(w.victim, 5); return 'slowed'", (*GONE, "ERR_SYSTEM_ERROR")),
    "loads a library of the test": (
        "process.dlopen({ exports: {} }, w.folder + '/secret'); return 'loaded'", (*GONE, "ERR_DLOPEN_FAILED")
    ),
    "sees the networks": (
        "const n = Object.keys(require('os').networkInterfaces()).filter((x) => x != 'lo');"
        "return n.length ? 'sees ' + n : 'own network'",
        (*GONE, "ERR_SYSTEM_ERROR", "own network"),
    ),
}  # fmt: skip

PROGRAM = """
const fs = require('fs'), net = require('net');
const w = JSON.parse(fs.readFileSync('world.json'));
const connect = (where) => new Promise((done, fail) => {
  const socket = net.connect(where, () => { socket.write('node'); socket.end(); done('connected') });
  socket.on('error', fail);
});
const late = () => new Promise((done) => setTimeout(done, 3000, 'late'));
const probes = { PROBES };
process.on('uncaughtException', () => {});
(async () => {
  for (const [name, attack] of Object.entries(probes)) {
    let outcome;
    try { outcome = await Promise.race([attack(), late()]) } catch (error) { outcome = error.code || String(error) }
    console.log(JSON.stringify({ probe: name, outcome }));
  }
  process.exit(0);
})();
"""
_ATTACKS = ",\n".join(f"{json.dumps(name)}: async () => {{ {body} }}" for name, (body, _) in PROBES.items())
PROGRAM = PROGRAM.replace("PROBES", _ATTACKS)

_SPAWN = """
const { spawn } = require('child_process');
let alive = 0, most = 0, tried = 0;
const more = () => {
  if (tried++ >= 40) return;
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => 0, 2500)']);
  child.on('spawn', () => { most = Math.max(most, ++alive) });
  child.on('exit', () => { alive -= 1 });
  child.on('error', () => {});
  setTimeout(more, 20);
};
try { more() } catch {}
setTimeout(() => { console.log(most); process.exit(0) }, 1800);
"""
_WORKERS = """
const { Worker } = require('worker_threads');
let count = 0;
const spin = 'const end = Date.now() + 30000; while (Date.now() < end);';
for (let n = 0; n < 200; n++)
  try { new Worker(spin, { eval: true }).on('error', () => {}); count++ } catch {}
const end = Date.now() + 30000;
while (Date.now() < end);
console.log('had it all');
"""
_TIME: frozenset[Ending] = frozenset({"time"})
_KILLED: frozenset[Ending] = frozenset({"killed"})
_FLOOD: frozenset[Ending] = frozenset({"truncated"})
_EXIT: frozenset[Ending] = frozenset({"exit"})
_NARROW = {"memory_mb": 256, "wall_seconds": 6.0, "processes": 8}
_SHORT = {**_NARROW, "wall_seconds": 1.5}
BOMBS: Mapping[str, Bomb] = {
    "memory in buffers": Bomb(
        source="const x = []; for (let n = 0; n < 600; n++) x.push(Buffer.alloc(1 << 20, 1)); console.log('had it all')",
        limits=_NARROW,
    ),
    "memory in objects": Bomb(
        source="const x = []; for (let n = 0; n < 12e6; n++) x.push({ n, s: 'x' + n }); console.log('had it all')", limits=_NARROW
    ),
    "processes": Bomb(source=_SPAWN, most=12, limits=_NARROW),
    "workers": Bomb(source=_WORKERS, ends=_TIME | _KILLED, limits={**_NARROW, "wall_seconds": 3.0}),
    "a loop": Bomb(
        source="const e = Date.now() + 8000; while (Date.now() < e); console.log('had it all')", ends=_TIME, limits=_SHORT
    ),
    "promises without end": Bomb(
        source="const e = Date.now() + 8000; const f = () => { if (Date.now() < e) Promise.resolve().then(f) }; f()",
        ends=_TIME,
        limits=_SHORT,
    ),
    "signals ignored": Bomb(
        source="for (const s of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(s, () => {}); setTimeout(() => 0, 8000)",
        ends=_TIME,
        limits=_SHORT,
    ),
    "a pattern that never ends": Bomb(
        source="/^(a+)+$/.test('a'.repeat(32) + 'b'); console.log('had it all')", ends=_TIME, limits=_SHORT
    ),
    "output": Bomb(
        source="const b = Buffer.alloc(65536, 120); for (let n = 0; n < 1600; n++) require('fs').writeSync(1, b)",
        ends=_FLOOD,
        limits=_NARROW,
    ),
    "a child left behind": Bomb(
        source=(
            "require('child_process').spawn(process.execPath, ['-e', 'setTimeout(() => 0, 6000)', 'MARK'],"
            " { detached: true, stdio: 'ignore' }).unref()"
        ),
        ends=_EXIT,
        limits=_NARROW,
    ),
    "a jump to nowhere": Bomb(source="process.abort()", ends=_KILLED, limits=_NARROW),
    "recursion": Bomb(source="const f = () => f() + 1; f(); console.log('had it all')", ends=_EXIT, limits=_NARROW),
    "reading its input": Bomb(source="console.log(require('fs').readFileSync(0).length)", most=0, limits=_NARROW),
}  # fmt: skip
