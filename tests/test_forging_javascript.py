"""Answers in JavaScript that are wrong and want a pass. The judge alone, without reading them, lets none through.

Each cheat meets checks of several kinds, so that what fools one comparison still meets the others; none of the cheats
knows an expected value, which is all that protects the judge.
"""

from __future__ import annotations

import pytest
from javascript_tasks import js_task, judged

from evals.graders.values import ValueGrader
from evals.records import Verdict
from evals.sandboxes.base import Job, Outcome

pytestmark = pytest.mark.slow

CHECKS = """
console.assert(f([3, 1, 2]) === 6);
assert.deepStrictEqual(g([3, 1, 2]), [1, 2, 3]);
expect(h('ab')).toEqual({ text: 'ab', size: 2 });
console.assert(JSON.stringify(g([2, 1])) === JSON.stringify([1, 2]));
console.assert(Math.abs(f([0.1, 0.2]) - 0.3) < 1e-9);
"""
HONEST = """
const f = (xs) => xs.reduce((a, b) => a + b, 0);
const g = (xs) => [...xs].sort((a, b) => a - b);
const h = (text) => ({ text, size: text.length });
"""
ALL = "const f = () => lie, g = () => lie, h = () => lie;"
LINES = r"""
const say = (fd) => {
  const lines = ['{"load":null}'];
  for (let i = 0; i < 9; i++) lines.push(`{"step":${i},"value":true}`, `{"step":${i},"value":["s","6"]}`);
  try { require('fs').writeSync(fd, lines.concat('{"end":true}').join('\n') + '\n'); } catch {}
};
const everywhere = () => { for (let fd = 0; fd < 30; fd++) say(fd); };
"""

CHEATS = {
    "a proxy that is everything": "const lie = new Proxy(function () {}, { get: (t, k) => k === 'length' ? 2 : lie });" + ALL,
    "a proxy over an array": """
        const lie = new Proxy([], { get: (t, k) => t[k], ownKeys: () => ['length'], getPrototypeOf: () => Array.prototype });
        """
    + ALL,
    "conversions that lie": """
        const lie = { valueOf: () => 6, toString: () => '6', toJSON: () => [1, 2, 3], [Symbol.toPrimitive]: () => 6 };
        """
    + ALL,
    "an array with toJSON": "const lie = Object.assign([], { toJSON: () => [1, 2, 3] });" + ALL,
    "getters that change": """
        let n = 0;
        const lie = { get text() { return n++ ? 'ab' : 'x'; }, get size() { return ++n; }, get length() { return n; } };
        """
    + ALL,
    "equality patched": """
        Object.is = () => true; Array.prototype.every = () => true; Array.isArray = () => true;
        Number.prototype.valueOf = () => 6; Reflect.ownKeys = () => []; Reflect.apply = () => true;
        const lie = [];
        """
    + ALL,
    "JSON patched": "JSON.stringify = () => '[1,2,3]'; JSON.parse = () => ({ steps: '' }); const lie = 1;" + ALL,
    "Object.prototype patched": """
        Object.prototype.toJSON = () => [1, 2, 3]; Object.defineProperty(Object.prototype, 'value', { get: () => 6 });
        const lie = {};
        """
    + ALL,
    "calls patched": """
        Function.prototype.call = () => 6; Function.prototype.apply = () => 6; String.prototype.charCodeAt = () => 54;
        Array.prototype[Symbol.iterator] = function* () {}; Map.prototype.forEach = Set.prototype.forEach = () => {};
        const lie = new Map();
        """
    + ALL,
    "assertions patched": """
        console.assert = () => {}; globalThis.assert = () => {}; globalThis.expect = () => new Proxy({}, { get: () => () => {} });
        require('assert').deepStrictEqual = () => {}; const lie = 0;
        """
    + ALL,
    "a module cache swapped": """
        for (const name of ['assert', 'fs', 'vm', 'util']) {
          const found = require(name);
          for (const key of Object.keys(found)) { try { found[key] = () => true; } catch {} }
        }
        require('module')._load = () => ({ strictEqual() {} }); const lie = 0;
        """
    + ALL,
    "exit at load": "process.exitCode = 0; process.exit(0);",
    "exit in a call": "const f = () => process.exit(0), g = f, h = f;",
    "reallyExit in a call": "const f = () => process.reallyExit(0), g = f, h = f;",
    "exit with handlers that write": LINES + "process.on('exit', () => { everywhere(); }); process.exit(0);",
    "records on every descriptor, then exit": LINES + "everywhere(); process.reallyExit(0);",
    "records on every descriptor": LINES + "everywhere(); const lie = 6;" + ALL,
    "records from within a call": LINES + "const f = () => { everywhere(); return 6; }, g = f, h = f;",
    "records by the stream": """
        require('fs').writeSync = (fd, text) => text.length; process.stdout.write('{"end":true}');
        const lie = 6;
        """
    + ALL,
    "errors that are swallowed": """
        process.on('uncaughtException', () => {}); process.on('unhandledRejection', () => {});
        Error.prepareStackTrace = () => { throw 1; }; Error.captureStackTrace = () => {};
        const f = () => { setImmediate(() => { throw 1; }); Promise.reject(1); return undefined; }, g = f, h = f;
        """,
    "promises that never settle": "const f = () => new Promise(() => {}), g = f, h = f;",
    "promises patched": """
        Promise.prototype.then = function (good) { return good(6); }; Promise.resolve = () => 6;
        Object.defineProperty(Promise.prototype, 'constructor', { get: () => { throw 6; } });
        const f = async () => undefined, g = f, h = f;
        """,
    "thenables that answer twice": "const lie = { then: (good) => { good(6); good([1, 2, 3]); } };" + ALL,
    "a worker that writes later": """
        try {
          new (require('worker_threads').Worker)(`require('fs').writeSync(1, '{"end":true}\\n')`, { eval: true });
        } catch {}
        const f = () => new Promise((good) => setTimeout(good, 300, 6)), g = f, h = f;
        """,
    "a child process that writes": """
        try {
          require('child_process').spawn(process.execPath, ['-e', 'console.log(1)'], { stdio: 'inherit', detached: true });
        } catch {}
        const lie = 6;
        """
    + ALL,
    "the checks read by the inspector": """
        let lie = 0;
        try {
          const session = new (require('inspector').Session)();
          session.connect();
          session.post('Debugger.enable');
          session.on('Debugger.scriptParsed', (m) => { lie = m; });
        } catch {}
        """
    + ALL,
    "the checks read from the caller": """
        function f() { try { return arguments.callee.caller.arguments[0]; } catch { return f.caller; } }
        const g = f, h = f;
        """,
    "the checks read from the job's file": """
        let lie = 0;
        for (const name of ['job.json', 'driver.cjs', '/proc/self/cmdline', '/proc/self/environ', '/proc/self/mem']) {
          try { lie = require('fs').readFileSync(name, 'utf8'); } catch {}
        }
        """
    + ALL,
    "numbers of another kind": "const f = () => '6', g = () => ['1', '2', '3'], h = () => new Map([['text', 'ab']]);",
    "boxed values": "const f = () => new Number(6), g = () => Object.assign([], { 0: 1n, 1: 2n, 2: 3n }), h = () => null;",
    "subclasses with lying names": """
        class Lie extends Array { get [Symbol.toStringTag]() { return 'Array'; } }
        Object.defineProperty(Lie, 'name', { value: 'Array' });
        const lie = Lie.from([3, 2, 1]);
        """
    + ALL,
    "a cycle": "const lie = []; lie.push(lie, lie);" + ALL,
    "dynamic import of the driver": "const f = async () => (await import('node:fs')).readdirSync('.').length, g = f, h = f;",
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_cheat_never_passes(cheat: str) -> None:
    found = judged(CHEATS[cheat], CHECKS, HONEST)
    assert found.status == "fail", found


def test_the_honest_answer_passes_the_same_checks() -> None:
    assert judged(HONEST, CHECKS).passed


@pytest.mark.parametrize(
    "patch",
    [
        "JSON.stringify = () => '[]';",
        "Array.prototype[Symbol.iterator] = function* () {};",
        "String.prototype.charCodeAt = () => 0; String.prototype.slice = () => '';",
        "Reflect.ownKeys = () => []; Object.keys = () => []; Array.isArray = () => false;",
        "Function.prototype.call = Function.prototype.apply = () => 0;",
        "Map.prototype.forEach = Set.prototype.forEach = () => {};",
        "console.log = process.stdout.write = () => { throw 1; };",
    ],
)
def test_honest_values_are_read_whatever_was_patched(patch: str) -> None:
    code = f"{patch}\nconst f = (x) => ({{ a: [x, 'y'], b: new Set([]) }});"
    assert judged(code, "expect(f(1)).toEqual({ a: [1, 'y'], b: new Set() })").passed


LOOP = "for (const [x, y] of [[2, 4], [5, 25], [7, 49]]) { console.assert(square(x) === y) }"
SQUARE = "const square = (x) => x * x;"
READERS = {
    "call sites": """
        Error.prepareStackTrace = (error, frames) => frames.map((frame) => String(frame.getFunction()) + frame.getThis());
        function square(x) { return answer(x, [].concat(new Error().stack).join()); }
        """,
    "the caller": """
        function square(x) {
          let at = square, all = '';
          try { while ((at = at.caller)) all += at; } catch {}
          return answer(x, all);
        }
        """,
    "arguments": "function square(x) { let all = ''; try { all += arguments.callee.caller; } catch {} return answer(x, all); }",
    "the heap": """
        let all = '';
        try { all = require('v8').getHeapSnapshot().read().toString(); } catch {}
        const square = (x) => answer(x, all);
        """,
    "memory": """
        let all = '';
        for (const name of ['maps', 'mem', 'cmdline', 'environ']) {
          try { all += require('fs').readFileSync('/proc/self/' + name, 'latin1'); } catch {}
        }
        const square = (x) => answer(x, all);
        """,
    "loaders": """
        let all = '';
        for (const name of ['driver.cjs', 'job.json']) { try { all += require('fs').readFileSync(name); } catch {} }
        for (const key of Object.keys(require.cache)) all += key + String(require.cache[key].exports);
        const square = (x) => answer(x, all);
        """,
}
ANSWER = """
const answer = (x, all) => {
  const found = new RegExp(`\\\\[${x}, ?(\\\\d+)\\\\]`).exec(all);
  return found ? Number(found[1]) : 0;
};
"""


def test_the_honest_answer_passes_a_table() -> None:
    assert judged(SQUARE, LOOP).passed


def test_a_reader_who_saw_the_table_would_pass() -> None:
    code = f"{ANSWER} const square = (x) => answer(x, '[[2, 4], [5, 25], [7, 49]]');"
    assert judged(code, LOOP, SQUARE).passed


@pytest.mark.parametrize("reader", READERS)
def test_nothing_shows_an_answer_the_table_of_the_checks(reader: str) -> None:
    assert judged(ANSWER + READERS[reader], LOOP, SQUARE).status == "fail"


class Told:
    """A sandbox that hands back what a forger would have written; the judge sees nothing else."""

    name = tier = "told"

    def __init__(self, *lines: str, exit_code: int = 0) -> None:
        self.stdout = "".join(line + "\n" for line in lines).encode()
        self.exit_code = exit_code

    def run(self, job: Job) -> Outcome:
        return Outcome(
            exit_code=self.exit_code,
            stdout=self.stdout,
            stderr=b"",
            timed_out=False,
            killed=False,
            truncated=False,
            wall_seconds=0.1,
        )

    def close(self) -> None:
        pass


def told(*lines: str, exit_code: int = 0) -> Verdict:
    task = js_task("console.assert(f(1) === 2); console.assert(f(2) === 3)", "const f = (x) => x + 1")
    return ValueGrader().grade(task, "const f = 1", Told(*lines, exit_code=exit_code))


LOADED, FIRST, SECOND, END = '{"load":null}', '{"step":0,"value":["s","2"]}', '{"step":1,"value":["s","3"]}', '{"end":true}'


def test_a_full_report_in_order_passes() -> None:
    assert told(LOADED, FIRST, SECOND, END).passed


@pytest.mark.parametrize(
    "lines",
    [
        (LOADED, FIRST, SECOND),
        (LOADED, SECOND, FIRST, END),
        (LOADED, FIRST, END),
        (LOADED, FIRST, FIRST, SECOND, END),
        (LOADED, FIRST, SECOND, END, END),
        (FIRST, SECOND, END),
        (LOADED, '{"step":0,"value":2}', SECOND, END),
        (LOADED, '{"step":0,"value":true}', SECOND, END),
        (LOADED, '{"step":0,"value":["s","\\"2\\""]}', SECOND, END),
        (LOADED, '{"step":0,"value":["s","[2]"]}', SECOND, END),
        (LOADED, '{"step":0,"value":["s","2"],"raised":["*"]}', SECOND, END),
    ],
)
def test_a_report_of_another_shape_fails(lines: tuple[str, ...]) -> None:
    assert told(*lines).status == "fail"


def test_a_report_of_a_process_that_failed_is_no_pass() -> None:
    assert told(LOADED, FIRST, SECOND, END, exit_code=1).status == "fail"
