"""Checks in JavaScript taken apart, JavaScript's equalities, and what comes out of a real sandbox."""

from __future__ import annotations

import json
import math

import pytest
from javascript_tasks import js_task, judged

from evals.checks import Step
from evals.errors import TaskFault
from evals.graders.javascript import JavaScriptRuntime
from evals.javascript.checks import parse_javascript
from evals.javascript.modules import as_script
from evals.javascript.values import UNDEFINED, BigInt, Mode, Thing, Unknown, array, equal, read, show
from evals.javascript.wanted import Reference, Wanted
from evals.records import Verdict


def parse(source: str) -> tuple[Step, ...]:
    return parse_javascript(source, "checks.js")


def only(source: str) -> Step:
    steps = parse(source)
    assert len(steps) == 1
    return steps[0]


def wanted(source: str) -> Wanted:
    found = only(source).expected
    assert isinstance(found, Wanted)
    return found


def program(source: str) -> str:
    return "".join(step.source for step in parse(source))


@pytest.mark.parametrize(
    ("assertion", "mode"),
    [
        ("console.assert(f(1) === [7])", "strict"),
        ("assert(f(1) == [7])", "loose"),
        ("assert.strictEqual(f(1), [7])", "is"),
        ("assert.equal(f(1), [7])", "loose"),
        ("assert.deepStrictEqual(f(1), [7])", "deep"),
        ("assert.deepEqual(f(1), [7])", "deep_loose"),
        ("assert.strict.deepEqual(f(1), [7])", "deep"),
        ("expect(f(1)).toBe([7])", "is"),
        ("expect(f(1)).toEqual([7])", "like"),
        ("expect(f(1)).toStrictEqual([7])", "deep"),
        ("console.assert(JSON.stringify(f(1)) === JSON.stringify([7]))", "json"),
        ("console.assert(_.isEqual(f(1), [7]))", "same"),
        ("console.assert([7] === f(1))", "strict"),
    ],
)
def test_an_expected_literal_stays_outside(assertion: str, mode: Mode) -> None:
    assert "7" not in program(assertion)
    assert wanted(assertion).mode == mode
    assert wanted(assertion).value == array([7.0])


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1.5e3", 1500.0),
        ("0x1F", 31.0),
        ("1_000", 1000.0),
        ("-2", -2.0),
        ("2 ** 10 - 4 / 2 % 3", 1022.0),
        ("12n", BigInt(12)),
        ("'a\\n\\u0041\\x41\\u{1F600}'", "a\nAA\U0001f600"),
        ("`plain`", "plain"),
        ("'a' + \"b\"", "ab"),
        ("null", None),
        ("undefined", UNDEFINED),
        ("void 0", UNDEFINED),
        ("!0", True),
        ("(1, 2)", 2.0),
        ("Infinity", math.inf),
        ("1 / 0", math.inf),
        ("Number.MAX_SAFE_INTEGER", 2.0**53 - 1),
        (
            "[1, [], {a: 'x', 'b c': null, 3: 1}]",
            array([1.0, array([]), Thing("Object", (), (("3", 1.0), ("a", "x"), ("b c", None)))]),
        ),
        ("new Set([1, 1, 2])", Thing("Set", (1.0, 2.0))),
        ("new Map([['a', 1]])", Thing("Map", (array(["a", 1.0]),))),
        ("new Date('1970-01-02')", Thing("Date", (86_400_000.0,))),
        ("/a+/gi", Thing("RegExp", ("a+", "gi"))),
    ],
)
def test_literals_have_their_values(source: str, value: object) -> None:
    assert wanted(f"assert.deepEqual(f(), {source})").value == value


def test_a_declared_literal_that_is_only_expected_stays_outside() -> None:
    source = "let actual_1 = f(2);\nlet expected_1 = [42];\nassert.deepEqual(actual_1, expected_1, 'no');"
    assert "42" not in program(source)
    assert parse(source)[-1].expected.value == array([42.0])


def test_a_declared_array_that_is_passed_on_is_no_expected_value() -> None:
    steps = parse("const xs = [1]; f(xs); console.assert(g() === xs);")
    assert isinstance(steps[-1].expected, Reference)


def test_a_variable_that_changes_is_no_literal() -> None:
    steps = parse("let n = 1; n += 1; console.assert(f() === n);")
    assert isinstance(steps[-1].expected, Reference)


@pytest.mark.parametrize(
    "source",
    [
        "const testF = () => { console.assert(f(1) === 2) }\ntestF()",
        "function check(g) { assert(g(1) === 2) }\ncheck(f)",
        "(() => { console.assert(f(1) === 2) })()",
        "test('adds', async () => { expect(await f(1)).toBe(2) })",
        "describe('f', () => { it('adds', () => { expect(f(1)).toBe(2) }) })",
        "const t = async () => { console.assert((await f(1)) === 2) }; await t()",
        "import assert from 'node:assert';\nassert.equal(f(1), 2)",
        "const assert = require('assert');\nassert.equal(f(1), 2)",
    ],
)
def test_functions_that_assert_are_opened_where_they_are_called(source: str) -> None:
    step = only(source)
    assert (step.kind, step.expected.value) == ("value", 2.0)


def test_both_sides_of_an_and_are_checks_of_their_own() -> None:
    assert [step.expected.value for step in parse("console.assert(f(1) === 2 && f(2) === 3)")] == [2.0, 3.0]


def test_set_up_runs_in_order_and_in_its_scope() -> None:
    steps = parse("const t = () => { let s = new S(); s.push(1); console.assert(s.pop() === 1) }\nt()")
    assert [step.kind for step in steps] == ["run", "run", "value"]
    assert program("{ let a = 1 + g(); console.assert(f(a) === 1) }").count("{") == program("{ f(1); assert(1) }").count("{")


def test_a_loop_takes_its_values_from_the_golden() -> None:
    step = only("for (let i = 2; i < 8; i++) { console.assert(f(i) === i.toString()) }")
    assert isinstance(step.expected, Reference)
    assert step.kind == "value"


@pytest.mark.parametrize("source", ["console.assert(f(1) < g(2))", "console.assert(f(1) ? g(1) : h(1))", "assert(f(1) || g(1))"])
def test_a_condition_over_computed_values_is_decided_inside(source: str) -> None:
    assert only(source).kind == "inside"


@pytest.mark.parametrize(
    ("source", "names", "match"),
    [
        ("expect(() => f(1)).toThrow()", ("thrown",), ""),
        ("expect(() => f(1)).toThrow(TypeError)", ("TypeError",), ""),
        ("expect(() => f(1)).toThrow('a.b')", ("thrown",), "a\\.b"),
        ("assert.throws(() => f(1), /neg \\d/i)", ("thrown",), "(?i)neg \\d"),
        ("await assert.rejects(f(1), RangeError)", ("RangeError",), ""),
    ],
)
def test_exceptions_are_wanted_by_class_and_message(source: str, names: tuple[str, ...], match: str) -> None:
    step = only(source)
    assert (step.kind, step.expected, step.match) == ("raises", names, match)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("console.assert(f(1) ===", "checks.js:1: the checks are not javascript"),
        ("f(1)", "checks.js: nothing is checked"),
        (
            "\nexpect(f).toHaveBeenCalled()",
            "checks.js:2: `expect(f).toHaveBeenCalled()`: the matcher toHaveBeenCalled is not known",
        ),
        ("assert.match(f(1), /x/)", "checks.js:1: `assert.match(f(1), /x/)`: assert.match is not known; there are: equal"),
        ("assert.equal(f(1))", "arguments are missing"),
        ("export const a = 1; assert(a)", "checks export nothing"),
    ],
)
def test_what_cannot_be_checked_is_refused_with_its_line(source: str, message: str) -> None:
    with pytest.raises(TaskFault) as caught:
        parse(source)
    assert message in str(caught.value)


EQUAL: list[tuple[Mode, str, str, bool]] = [
    ("strict", "1", "1.0", True),
    ("strict", "true", "1", False),
    ("strict", '"1"', "1", False),
    ("strict", '{"$":["n","nan"]}', '{"$":["n","nan"]}', False),
    ("strict", '{"$":["n","-0"]}', "0", True),
    ("strict", "[1]", "[1]", False),
    ("strict", "null", '{"$":["u"]}', False),
    ("strict", '{"$":["big","1"]}', "1", False),
    ("is", '{"$":["n","nan"]}', '{"$":["n","nan"]}', True),
    ("is", '{"$":["n","-0"]}', "0", False),
    ("loose", '"1"', "1", True),
    ("loose", "true", "1", True),
    ("loose", "null", '{"$":["u"]}', True),
    ("loose", "null", "0", False),
    ("loose", '""', "0", True),
    ("loose", '{"$":["big","1"]}', "1", True),
    ("loose", "[1]", "1", False),
    ("deep", '[1,{"a":"x"}]', '[1,{"a":"x"}]', True),
    ("deep", '{"a":1,"b":2}', '{"b":2,"a":1}', True),
    ("deep", '{"a":{"$":["u"]}}', "{}", False),
    ("deep", '[{"$":["hole"]}]', '[{"$":["u"]}]', False),
    ("deep", '{"$":["o","class A",[],[["a",1]]]}', '{"a":1}', False),
    ("deep", '["1"]', "[1]", False),
    ("deep", '{"$":["o","Set",[1,2],[]]}', '{"$":["o","Set",[2,1],[]]}', True),
    ("deep", '{"$":["o","Map",[[1,2]],[]]}', '{"$":["o","Map",[[1,3]],[]]}', False),
    ("deep_loose", '["1"]', "[1]", True),
    ("deep_loose", '{"$":["o","class A",[],[["a",1]]]}', '{"a":1}', True),
    ("deep_loose", "[]", "{}", False),
    ("like", '{"a":{"$":["u"]}}', "{}", True),
    ("like", '{"$":["o","class A",[],[["a",1]]]}', '{"a":1}', True),
    ("like", '{"$":["n","-0"]}', "0", False),
    ("same", '{"$":["n","-0"]}', "0", True),
    ("same", '[{"$":["n","nan"]}]', '[{"$":["n","nan"]}]', True),
    ("json", '[{"$":["n","nan"]},{"$":["u"]}]', "[null,null]", True),
    ("json", '{"a":1,"b":2}', '{"b":2,"a":1}', False),
    ("json", '{"a":{"$":["u"]},"b":{"$":["n","-0"]}}', '{"b":0}', True),
    ("json", "[true]", "[1]", False),
    ("json", '{"$":["o","Map",[[1,2]],[]]}', "{}", True),
    ("json", '{"$":["o","Date",[0],[]]}', '"1970-01-01T00:00:00.000Z"', True),
    ("json", '[{"$":["x","function"]}]', "[null]", False),
]


@pytest.mark.parametrize(("mode", "got", "expected", "same"), EQUAL)
def test_javascript_has_its_own_equalities(mode: Mode, got: str, expected: str, same: bool) -> None:
    assert equal(read(got), read(expected), mode) is same


@pytest.mark.parametrize("mode", ["strict", "loose", "is", "deep", "deep_loose", "like", "same", "json"])
def test_what_cannot_be_read_equals_nothing(mode: Mode) -> None:
    assert not equal(Unknown("proxy"), Unknown("proxy"), mode)


@pytest.mark.parametrize(
    "text", ["", "[", '{"$":1}', '{"$":["o"]}', '{"$":["n","7"]}', '{"$":["u"],"a":1}', "[" * 9999 + "]" * 9999]
)
def test_a_forged_value_is_unknown(text: str) -> None:
    assert isinstance(read(text), Unknown)


@pytest.mark.parametrize(
    ("source", "good", "bad"),
    [
        ("expect(f()).toBeCloseTo(0.3)", "0.3049", "0.306"),
        ("console.assert(Math.abs(f() - 0.33) < 1e-6)", "0.3300001", "0.331"),
        ("expect(f()).toBeGreaterThan(2)", "3", '"3"'),
        ("expect(f()).toHaveLength(2)", "[1,2]", '{"length":2}'),
        ("expect(f()).toContain('b')", '"abc"', '["a"]'),
        ("expect(f()).not.toBe(1)", "2", "1"),
        ("expect(f()).not.toEqual([1])", "[2]", '[{"$":["x","proxy"]}]'),
        ("expect(f()).toBeUndefined()", '{"$":["u"]}', "null"),
        ("expect(f()).toBeDefined()", "null", '{"$":["u"]}'),
        ("expect(f()).toBeNaN()", '{"$":["n","nan"]}', "0"),
        ("expect(f()).toBeFalsy()", '""', '{"$":["x","proxy"]}'),
        ("assert(f())", '"0"', '{"$":["x","proxy"]}'),
        ("assert(!f())", "0", "[]"),
    ],
)
def test_matchers_accept_what_they_say(source: str, good: str, bad: str) -> None:
    assert wanted(source) == good
    assert wanted(source) != bad


def test_messages_show_values_as_javascript_does() -> None:
    assert show(read('[1,"a",null,{"b":{"$":["u"]}}]')) == '[1, "a", null, {b: undefined}]'


@pytest.mark.parametrize(
    ("source", "script"),
    [
        ("export function f() {}", '"use strict";function f() {}'),
        ("export default class A {}", '"use strict";class A {} module.exports.default = A;'),
        ("import { a as b } from 'x';\nf(b)", "\"use strict\";const { a: b } = require('x');\nf(b)"),
        ("import * as p from 'x'", "\"use strict\";const p = require('x');"),
        ("const f = 1;\nexport { f as g }", '"use strict";const f = 1;\nmodule.exports["g"] = f;'),
        ("const f = 1;", "const f = 1;"),
    ],
)
def test_a_module_becomes_a_script(source: str, script: str) -> None:
    assert as_script(source, "javascript") == script


def test_an_import_of_types_alone_is_dropped() -> None:
    assert "require" not in as_script("import { T } from 'x';\nexport const f = (a: T) => a;", "typescript")


def test_the_job_holds_no_expected_value() -> None:
    runtime = JavaScriptRuntime()
    task = js_task("console.assert(f(1) === 'secret'); expect(f(2)).toEqual(['secret'])")
    job = runtime.job(task, "const f = 1", runtime.parse(task.checks, "c"))
    assert b"secret" not in b"".join(job.files.values())
    assert json.loads(job.files["job.json"])["code"] == "const f = 1"


FORMS = {
    "script": "const f = (x) => x + 1;",
    "hoisted": "function f(x) { return x + 1; }",
    "global": "f = (x) => x + 1;",
    "commonjs": "module.exports = { f: (x) => x + 1 };",
    "named export": "module.exports = function f(x) { return x + 1; };",
    "exports": "exports.f = (x) => x + 1;",
    "module": "export const f = (x) => x + 1;",
    "module with imports": "import fs from 'node:fs';\nexport default function f(x) { return fs ? x + 1 : 0; }",
    "asynchronous": "const f = async (x) => { await null; return x + 1; };",
    "prints": "console.log('hello'); process.stdout.write('x'); function f(x) { console.error(x); return x + 1; }",
    "takes names": "const assert = 1, require = 2, module = 3, console = 4, $step = 5; const f = (x) => x + 1;",
    "uses strict": "'use strict';\nconst f = (x) => x + 1;",
}


@pytest.mark.parametrize("form", FORMS)
def test_an_answer_may_come_in_any_form(form: str) -> None:
    found = judged(FORMS[form], "console.assert(f(1) === 2); const y = 3; assert.equal(f(y), 4)")
    assert found.passed, found


def failure(code: str, checks: str, golden: str = "") -> tuple[str, str]:
    found = judged(code, checks, golden)
    return found.status, found.reason


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("const f = (x) => x + 2", "wrong_value"),
        ("const f = (x) => {", "syntax_error"),
        ("const f = (x) => { throw new RangeError('no') }", "exception:RangeError"),
        ("const g = 1", "exception:ReferenceError"),
        ("throw 'early'", "exception:string"),
        ("process.exit(0)", "exited_early"),
        ("const f = () => new Promise(() => {})", "exited_early"),
        ("const f = (x) => String(x + 1)", "wrong_value"),
        ("const f = (x) => f(x)", "exception:RangeError"),
    ],
)
def test_a_wrong_answer_fails_for_its_reason(code: str, reason: str) -> None:
    assert failure(code, "console.assert(f(1) === 2)", "const f = (x) => x + 1") == ("fail", reason)


THROWS = """
class Late extends RangeError {}
const f = (x) => {
  if (x < 0) throw new Late('neg ' + x);
  if (!x) throw 'zero';
  return x;
};
"""


@pytest.mark.parametrize(
    ("check", "passes"),
    [
        ("expect(() => f(-1)).toThrow()", True),
        ("expect(() => f(-1)).toThrow(Late)", True),
        ("expect(() => f(-1)).toThrow(RangeError)", True),
        ("expect(() => f(-1)).toThrow(Error)", True),
        ("expect(() => f(-1)).toThrow('neg')", True),
        ("assert.throws(() => f(-1), /^neg -\\d$/)", True),
        ("expect(() => f(0)).toThrow()", True),
        ("expect(() => f(1)).not.toThrow()", True),
        ("await assert.rejects(async () => f(-1), Late)", True),
        ("expect(() => f(-1)).toThrow(TypeError)", False),
        ("expect(() => f(-1)).toThrow('pos')", False),
        ("expect(() => f(0)).toThrow(Error)", False),
        ("expect(() => f(1)).toThrow()", False),
        ("expect(() => f(-1)).not.toThrow()", False),
    ],
)
def test_exceptions_are_judged_by_class_and_message(check: str, passes: bool) -> None:
    assert judged(THROWS, check).passed is passes


def test_an_endless_loop_is_ended() -> None:
    task_limits = js_task("x").limits.model_copy(update={"wall_seconds": 1.0})
    assert judged("const f = () => { for (;;); }", "assert.equal(f(), 1)", limits=task_limits).reason == "time"


def test_evidence_shows_both_values() -> None:
    evidence = judged("const f = () => ({ a: [1, undefined] })", "expect(f()).toEqual({ a: [1, 2] })").evidence
    assert (evidence["expected"], evidence["line"]) == ("{a: [1, 2]}", 1)
    assert '{"a":[1,' in evidence["got"]


def test_values_cross_the_wall_as_they_are() -> None:
    values = (
        "[1, -0, NaN, 1e21, 'é\\ud800\\n\"', 10n, null, undefined, true, [,1], { a: { b: [] } }, new Set([1]), new Date(0), /a/g]"
    )
    checks = f"expect(f()).toStrictEqual({values})".replace("\\ud800", "\\uD800")
    assert judged(f"const f = () => {values}", checks).passed


def test_classes_keep_their_state_between_steps() -> None:
    code = "export default class Stack { #items = []; push(x) { this.#items.push(x); } pop() { return this.#items.pop(); } }"
    checks = "const s = new Stack(); s.push(1); s.push(2); console.assert(s.pop() === 2); console.assert(s.pop() === 1);"
    assert judged(code, checks).passed
    assert failure(code.replace("push(x);", "unshift(x);"), checks, code) == ("fail", "wrong_value")


LOOP = "const cases = [[1, 2], [5, 6]]; for (const [x, y] of cases) { console.assert(f(x) === y) }"


def test_a_loop_is_judged_by_the_goldens_values() -> None:
    golden = "const f = (x) => x + 1"
    assert judged("const f = (x) => -~x", LOOP, golden).passed
    assert failure("const f = (x) => x < 3 ? x + 1 : 0", LOOP, golden) == ("fail", "wrong_value")


def test_random_inputs_of_the_checks_are_those_of_the_golden() -> None:
    checks = "for (let i = 0; i < 9; i++) { const x = Math.random(); console.assert(f(x) === x * 2) }"
    assert judged("const f = (x) => { Math.random(); return x + x; }", checks, "const f = (x) => 2 * x").passed


def test_a_golden_that_fails_its_own_loop_is_the_tasks_fault() -> None:
    with pytest.raises(TaskFault, match="the golden does not satisfy the checks at line 1"):
        judged("const f = (x) => x + 1", LOOP, "const f = (x) => x")


def test_helper_functions_of_the_checks_are_not_the_answers() -> None:
    checks = "const poly = (x) => x * 2; console.assert(Math.abs(poly(f(1)) - 4) < 1e-9);"
    assert not judged("const poly = () => 4; const f = (x) => 0;", checks, "const f = (x) => 2").passed


TYPED = """interface Point { x: number; y?: number }
enum Side { Left = 'L' }
export const f = <T extends Point>(p: T, side: Side = Side.Left): [number, string] => [p.x as number, side];
"""


def typed(code: str, checks: str, language: str = "typescript") -> Verdict:
    return judged(code, checks, language=language)


def test_types_are_taken_off_before_the_answer_runs() -> None:
    assert typed(TYPED, "const p: Point = { x: 1 };\nassert.deepStrictEqual(f(p), [1, 'L'])").passed


def test_typescript_that_is_none_is_a_syntax_error() -> None:
    assert typed("export const f = (x: ) => 1", "assert.equal(f(1), 1)").reason == "syntax_error"
