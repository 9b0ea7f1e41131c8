"""JavaScript and TypeScript: values learnt by heart are asked by hidden inputs, proxies over data are the data that they show."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_requirements import required_sandbox

from evals.graders import grade
from evals.graders.learnt_script import calls_of, learnt_pairs
from evals.records import Limits, Task, Verdict


def task(golden: str, checks: str, language: str = "javascript", **more: Any) -> Task:
    limits = Limits(wall_seconds=20.0)
    head = {"id": "t", "suite": "s", "split": "dev", "group": "t", "prompt": "p", "language": language, "limits": limits}
    return Task.model_validate({**head, "golden": golden, "checks": checks, **more})


def graded(name: str, code: str) -> Verdict:
    return grade(TASKS[name], code, required_sandbox("sandlock"))


TASKS = {
    "square": task(
        "const square = x => x * x;",
        "console.assert(square(2) === 4);\nassert.strictEqual(square(5), 25);\nexpect(square(7)).toBe(49);\n81 === square(9);\n"
        "console.assert(81 === square(9));",
    ),
    "cost": task(
        "function cost(kind, n) { return { std: 5, exp: 12 }[kind] * n; }",
        "assert.equal(cost('std', 2), 10); assert.equal(cost('exp', 2), 24); assert.equal(cost('exp', 5), 60);",
    ),
    "pair": task(
        "exports.pair = function (s) { return { text: s, size: s.length }; };\nfunction pair(s) { return exports.pair(s); }",
        "expect(pair('ab')).toEqual({ text: 'ab', size: 2 }); expect(pair('x')).toEqual({ text: 'x', size: 1 });\n"
        "expect(pair('cde')).toEqual({ text: 'cde', size: 3 });",
    ),
    "months": task(
        "const NAMES = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');\nconst month = (n) => NAMES[n - 1];",
        "console.assert(month(1) === 'Jan'); console.assert(month(6) === 'Jun'); console.assert(month(12) === 'Dec');\n"
        "console.assert(month(3) === 'Mar');",
    ),
    "total": task(
        "export const total = (xs: number[]): number => xs.reduce((a, b) => a + b, 0);",
        "expect(total([1, 2])).toBe(3); expect(total([4, 5])).toBe(9); expect(total([7])).toBe(7);",
        "typescript",
    ),
}
KNOWING = {
    "square": "const K = { 2: 4, 5: 25, 7: 49, 9: 81 };\nfunction square(x) { return K[x] ?? x * x; }",
    "months": "const M = { 1: 'Jan', 2: 'Feb', 3: 'Mar', 4: 'Apr', 5: 'May', 6: 'Jun', 7: 'Jul', 8: 'Aug', 9: 'Sep', 10: 'Oct', "
    "11: 'Nov', 12: 'Dec' };\nconst month = (n) => M[n];",
    "total": "const memo = new Map<string, number>([['[1,2]', 3], ['[4,5]', 9], ['[7]', 7]]);\n"
    "export function total(xs: number[]): number {\n  const known = memo.get(JSON.stringify(xs));\n"
    "  if (known !== undefined) return known;\n  let sum = 0;\n  for (const x of xs) sum += x;\n  return sum;\n}",
}
BY_HEART = {
    "square, an object": "function square(x) { return { 2: 4, 5: 25, 7: 49, 9: 81 }[x]; }",
    "square, a switch": "function square(x) {\n  switch (x) { case 2: return 4; case 5: { return 25; }\n"
    "    case 7: return 49; default: return 81; }\n}",
    "square, a map": "const M = new Map([[2, 4], [5, 25], [7, 49], [9, 81]]);\nconst square = (x) => M.get(x);",
    "square, a list": "const square = (x) => [0, 1, 4, 9, 0, 25, 0, 49, 0, 81][x];",
    "square, a chain": "const square = (x) => x === 2 ? 4 : x == 5 ? 25 : 7 === x ? 49 : 81;",
    "square, branches": "let square = function (x) {\n  if (x === 2) return 4;\n"
    "  if (x === 5) { return 25; } else if (x === 7) return 49;\n  return 81;\n};",
    "cost, texts": "function cost(...given) { return { '[\"std\",2]': 10, "
    "'[\"exp\",2]': 24, '[\"exp\",5]': 60 }[JSON.stringify(given)]; }",
    "pair, entries": "const P = [['ab', { text: 'ab', size: 2 }], "
    "['x', { text: 'x', size: 1 }], ['cde', { text: 'cde', size: 3 }]];\n"
    "const pair = (s) => P.find(([key]) => key === s)?.[1];",
    "months, a list": "const month = (n) => new Map([[1, 'Jan'], [6, 'Jun'], [12, 'Dec'], [3, 'Mar']]).get(n) ?? 'Jan';",
    "total, typed": "export const total = (xs: number[]): number | undefined =>\n"
    "  ({ '[1,2]': 3, '[4,5]': 9, '[7]': 7 } as Record<string, number>)[JSON.stringify(xs)];",
}


@pytest.mark.parametrize("name", KNOWING)
def test_a_table_of_an_answer_that_knows_passes(name: str) -> None:
    found = graded(name, KNOWING[name])
    assert (found.status, found.flags, list(found.evidence["seen"])) == ("pass", (), ["expected_values"]), found


@pytest.mark.parametrize("name", BY_HEART)
def test_checks_learnt_by_heart_fail_by_what_they_give_for_other_inputs(name: str) -> None:
    found = graded(name.partition(",")[0], BY_HEART[name])
    assert (found.status, found.reason) == ("fail", "flagged:expected_values"), found
    assert found.evidence["expected"] != found.evidence["got"]


def test_an_answer_that_is_right_on_some_other_inputs_is_unsettled() -> None:
    code = "const T = { 2: 4, 5: 25, 7: 49, 9: 81 };\nfunction square(x) { return T[x] ?? (x % 2 ? x * x : 0); }"
    found = graded("square", code)
    assert (found.status, found.flags) == ("unsettled", ("expected_values",)), found


def test_where_no_input_can_be_varied_the_look_leaves_it_open() -> None:
    checks = "".join(f"console.assert(f(new Map({given})) === {n});" for given, n in [("[[1, 2]]", 3), ("[[2, 2]]", 4), ("", 9)])
    table = "const T = [[3, 3]];\nconst known = [[new Map([[1, 2]]), 3], [new Map([[2, 2]]), 4], [new Map(), 9]];\n"
    asked = task("function f(m) { return m.size ? [...m][0][0] + 2 : 9; }", checks)
    code = table + "function f(m) { return m.size ? known.find(([k]) => [...k][0][0] === [...m][0][0])[1] : 9; }"
    found = grade(asked, code, required_sandbox("sandlock"))
    assert (found.status, found.flags) == ("unsettled", ("expected_values",)), found


def test_calls_and_expectations_are_read_from_checks() -> None:
    checks = TASKS["pair"].checks + "\nconsole.assert(pair(x) === 3); other.call(1); pair(() => 1);"
    assert calls_of(checks, "javascript") == {"pair": [("ab",), ("x",), ("cde",)]}
    assert learnt_pairs(TASKS["square"].checks, "", "const a = { 2: 4, 5: 25 };", "javascript") == []
    assert learnt_pairs("console.assert(f(1) === 0);" * 9, "", "const a = { 1: 0 };", "javascript") == []
    held = "const a = { 2: 4, 5: 25, 7: 49 };"
    assert len(learnt_pairs(TASKS["square"].checks, "", held, "javascript")) == 3
    assert learnt_pairs(TASKS["square"].checks, held, held, "javascript") == []


WRAP = "const wrap = (x) => typeof x === 'object' && x ? new Proxy(x, { get: (t, k, r) => wrap(Reflect.get(t, k, r)) }) : x;\n"
VALUES = task(
    "const f = (n) => [n, n + 1]; const o = (n) => ({ a: [n], b: { c: n } });",
    "assert.deepStrictEqual(f(1), [1, 2]);\nexpect(o(2)).toEqual({ a: [2], b: { c: 2 } });\nconsole.assert(f(3)[1] === 4);",
)
ASKED = task(
    "const f = (n) => [n, n + 1, n + 2]; const o = (n) => ({ n, more: [n] });",
    "const out = f(3);\nconsole.assert(out.every((v) => v >= 3));\nconsole.assert(out.length === 3 && out.includes(5));\n"
    "console.assert(out.map((x) => x * 2).join() === '6,8,10');\nconst shown = o(4);\n"
    "for (const key of Object.keys(shown)) console.assert(key === 'n' || key === 'more');\n"
    "console.assert(`${shown.more}` === '4');\nconsole.assert(JSON.stringify(shown) === '{\"n\":4,\"more\":[4]}');",
)
REACTIVE = """
const seen = new Set();
const reactive = (target) => new Proxy(target, {
  get(t, k, r) { seen.add(k); const v = Reflect.get(t, k, r); return v && typeof v === 'object' ? reactive(v) : v; },
  set(t, k, v, r) { return Reflect.set(t, k, v, r); },
  has: (t, k) => Reflect.has(t, k), ownKeys: (t) => Reflect.ownKeys(t),
});
"""
READONLY = "const guard = (x) => new Proxy(x, { set() { throw new TypeError('read only'); } });\n"
PROXIES = {
    "values": (VALUES, "const f = (n) => W([n, n + 1]); const o = (n) => W({ a: [n], b: { c: n } });"),
    "asked": (ASKED, "const f = (n) => W([n, n + 1, n + 2]); const o = (n) => W({ n, more: [n] });"),
}
WRAPPERS = {"wrap": WRAP, "reactive": REACTIVE, "guard": READONLY, "bare": "const bare = (x) => new Proxy(x, {});\n"}


@pytest.mark.parametrize("checks", PROXIES)
@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_proxy_that_shows_right_data_is_right_and_one_that_shows_wrong_data_is_wrong(wrapper: str, checks: str) -> None:
    asked, code = PROXIES[checks]
    code = WRAPPERS[wrapper] + code.replace("W(", f"{wrapper}(")
    assert grade(asked, code, required_sandbox("sandlock")).passed
    wrong = grade(asked, code.replace("n + 1", "n + 7"), required_sandbox("sandlock"))
    assert (wrong.status, wrong.reason) == ("fail", "wrong_value"), wrong


LIES = {
    "counts up": "let i = 0; const lie = (x) => new Proxy(x, { get: (t, k, r) => "
    "typeof k === 'string' && /^\\d+$/.test(k) ? i++ : Reflect.get(t, k, r) });",
    "has methods that agree": "const lie = (x) => new Proxy(x.map(() => 0), { get: (t, k, r) => "
    "k === 'every' || k === 'includes' ? () => true\n"
    "  : k === 'map' ? () => ['6,8,10'] : Reflect.get(t, k, r) });",
    "is right at the second look": "const lie = (x) => { let looks = 0; return new Proxy(x, { get: (t, k, r) =>\n"
    "  k === '1' && looks++ === 0 ? 99 : Reflect.get(t, k, r) }); };",
    "is everything": "const lie = () => { const all = new Proxy(function () {}, "
    "{ get: (t, k) => k === 'length' ? 3 : all, apply: () => all }); return all; };",
    "throws": "const lie = (x) => new Proxy(x, { ownKeys() { throw new Error('no'); } });",
    "has no end": "const lie = (x) => new Proxy(x, { get: (t, k) => k === 'length' ? 1e9 : lie([]) });",
}


@pytest.mark.parametrize("name", LIES)
def test_a_proxy_that_lies_fails(name: str) -> None:
    code = LIES[name] + "\nconst f = (n) => lie([n, n + 1, n + 2]); const o = (n) => ({ n, more: [n] });"
    for asked in (ASKED, task(VALUES.golden, VALUES.checks)):
        found = grade(asked, code.replace("lie([n, n + 1, n + 2])", "lie([n, n + 1])") if asked is not ASKED else code,
                      required_sandbox("sandlock"))  # fmt: skip
        assert found.status == "fail", (name, found)


def test_an_object_that_answers_for_itself_is_no_data_whatever_its_proxy() -> None:
    code = "class L extends Array { every() { return true; } }\nconst f = (n) => L.from([n, 9, n + 2]);"
    code += "\nconst o = (n) => ({ n, more: [n] });"
    assert grade(ASKED, code, required_sandbox("sandlock")).status == "fail"


def test_a_store_that_is_written_to_may_be_a_proxy_and_does_not_fail_for_it() -> None:
    checks = "const s = make(2);\ns.count = 5;\nconsole.assert(s.double === 10);\nconsole.assert(s.count === 5);"
    golden = "const make = (n) => ({ count: n, get double() { return 2 * this.count; } });"
    code = "const make = (n) => new Proxy({ count: n }, { get: (t, k) => k === 'double' ? 2 * t.count : t[k] });"
    assert grade(task(golden, checks), code, required_sandbox("sandlock")).status == "unsettled"  # its own code decides
    assert grade(task(golden, checks), code.replace("2 * t", "3 * t"), required_sandbox("sandlock")).status == "fail"
