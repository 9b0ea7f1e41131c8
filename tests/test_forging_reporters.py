"""Answers that go for what reports: files that it would load, its channels, and results that are rewritten on their way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from project_tasks import CART, CART_TEST, cart_task, counter_task
from sandbox_requirements import required_for, required_sandbox, unavailable

from evals.graders.projects import ProjectGrader
from evals.graders.runners import runner
from evals.records import Case, Limits, Task, Verdict
from evals.toolchains import find_toolchain

WRONG = CART.replace("sum(", "1 + sum(")
BIG = Limits(wall_seconds=120.0, memory_mb=2048, processes=64)
TOTAL = "export function total(prices: number[]): number {\n  return %s;\n}\n"
TOTAL_TEST = """import { describe, expect, test } from 'vitest';
import { total } from '../src/total';
describe('total', () => {
  test('adds the prices', () => { expect(total([1, 2, 3])).toBe(6); });
  test('is zero for an empty basket', () => { expect(total([])).toBe(0); });
});
"""


def new_file(name: str, text: str) -> str:
    lines = text.splitlines()
    return f"--- /dev/null\n+++ b/{name}\n@@ -0,0 +1,{len(lines)} @@\n" + "".join(f"+{line}\n" for line in lines)


def replaced(name: str, before: str, after: str) -> str:
    old, new = before.splitlines(), after.splitlines()
    head = f"--- a/{name}\n+++ b/{name}\n@@ -1,{len(old)} +1,{len(new)} @@\n"
    return head + "".join(f"-{line}\n" for line in old) + "".join(f"+{line}\n" for line in new)


def cart_patch() -> Task:
    return cart_task(
        kind="patch",
        entry="",
        starter={"prices.py": "PRICES = {'tea': 3, 'cup': 5}\n", "cart.py": WRONG},
        golden=replaced("cart.py", WRONG, CART),
    )


def total_patch() -> Task:
    wrong, right = TOTAL % "prices.length", TOTAL % "prices.reduce((a, b) => a + b, 0)"
    changes = {"starter": {"src/total.ts": wrong}, "tests": {"tests/total.test.ts": TOTAL_TEST}, "limits": BIG}
    return counter_task(kind="patch", language="typescript", entry="", golden=replaced("src/total.ts", wrong, right), **changes)


def graded(task: Task, code: str) -> Verdict:
    if task.language != "python" and find_toolchain("web") is None:
        unavailable("web", "no web toolchain here: goldloop images build")
    return ProjectGrader().grade(task, code, required_sandbox("sandlock"))


# Says on every descriptor that all is well, or that the machine is broken; goes on as the module that it stands for.
SHADOW = """import importlib.util, os, sysconfig
said = b'{"fault": "the machine is broken"}\\n{"ready": true}\\n{"modules": []}\\n{"end": 0}\\n'
for who in (os.getpid(), os.getppid()):
    for number in range(3, 30):
        try:
            with open(f"/pr" + f"oc/{who}/fd/{number}", "wb", 0) as out:
                out.write(said)
        except OSError:
            pass
place = os.path.join(sysconfig.get_path("stdlib"), os.path.basename(__file__))
if os.path.exists(place):
    spec = importlib.util.spec_from_file_location(__name__, place)
    real = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(real)
    globals().update({key: value for key, value in vars(real).items() if not key.startswith("__")})
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        *("pytest.py", "_pytest/__init__.py", "pluggy.py", "iniconfig/__init__.py", "argparse.py", "shlex.py", "json.py"),
        *("ast.py", "difflib.py", "pprint.py", "pdb.py", "platform.py", "readline.py", "values.py", "goldloop_values.py"),
        *("evil.dist-info/entry_points.txt", "setuptools.py", ".pytest.toml", "pygments/__init__.py", "tracemalloc.py"),
    ],
)
def test_no_file_at_the_root_speaks_for_the_reporter(name: str) -> None:
    text = SHADOW if name.endswith(".py") else "[pytest11]\nevil = evil\n"
    harmless = replaced("cart.py", WRONG, WRONG + "# no change")
    found = graded(cart_patch(), harmless + new_file(name, text))
    assert found.status == "fail", found


def test_a_project_may_have_modules_named_like_those_that_pytest_uses() -> None:
    task = cart_patch()
    assert graded(task, task.golden + new_file("shlex.py", "def split(text): return [text]\n")).passed
    own = cart_task(
        entry="queue.py",
        starter={},
        golden="def head(items): return items[0]\n",
        tests={"tests/test_queue.py": "from queue import head\n\n\ndef test_head():\n    assert head([3, 4]) == 3\n"},
    )
    assert graded(own, own.golden).passed


REWRITES = """const p = globalThis['process'];
const real = p.stdout.write.bind(p.stdout);
p.stdout.write = (chunk, ...rest) => real(String(chunk).replaceAll('"state":"failed"', '"state":"passed"'), ...rest);
"""
LOADED = {
    "postcss.config.cjs": REWRITES + "module.exports = { plugins: [] };",
    "postcss.config.js": REWRITES + "module.exports = { plugins: [] };",
    "postcss.config.mjs": REWRITES + "export default { plugins: [] };",
    ".postcssrc.cjs": REWRITES + "module.exports = { plugins: [] };",
    ".postcssrc": json.dumps({"plugins": {"./evil.cjs": {}}}),
    "tailwind.config.js": REWRITES + "module.exports = {};",
    "lightningcss.config.js": REWRITES,
    "svelte.config.js": REWRITES,
    ".browserslistrc": "extends ./evil.cjs",
    "src/.postcssrc.js": REWRITES,
    "evil.cjs": REWRITES,
    "server.mjs": REWRITES,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(LOADED))
def test_no_configuration_of_the_project_runs_in_the_reporter(name: str) -> None:
    task = total_patch()
    also = "" if name == "evil.cjs" else new_file("evil.cjs", REWRITES)
    wrong = replaced("src/total.ts", task.starter["src/total.ts"], TOTAL % "0 * prices.length")
    assert graded(task, wrong + new_file(name, LOADED[name]) + also).status == "fail"


@pytest.mark.slow
def test_a_right_answer_may_come_with_such_a_configuration() -> None:
    task = total_patch()
    assert graded(task, task.golden + new_file("postcss.config.cjs", "module.exports = { plugins: [] };")).passed
    assert graded(task, task.golden + new_file("postcss.config.cjs", "throw new Error('no');")).passed


POINT = """class Point:
    def __init__(self, x, y): self.x, self.y = x, y
    def __eq__(self, other): return isinstance(other, Point) and (self.x, self.y) == (other.x, other.y)
def move(point, dx, dy): return Point(point.x + dx, point.y + dy)
"""
POINT_TEST = """from points import Point, move


def test_right():
    assert move(Point(1, 2), 3, 0) == Point(4, 2)


def test_up():
    assert move(Point(0, 0), 0, 5) == Point(0, 5)


def test_stays():
    assert move(Point(1, 1), 0, 0) == Point(1, 1)
"""
# In the tests' process: every report says passed; or does where what passes anyway has passed, which shows the first run.
ALL = """
import sys
reports = getattr(sys, "mod" + "ules")["_pyt" + "est.reports"]
made = reports.TestReport.from_item_and_call.__func__
seen = []
def make(kind, item, call):
    report = made(kind, item, call)
    if report.when == "call":
        seen.append(report.outcome)
        if not WARY or "passed" in seen[:-1]:
            report.outcome, report.longrepr = "passed", None
    return report
reports.TestReport.from_item_and_call = classmethod(make)
"""


def points(**changes: Any) -> Task:
    return cart_task(entry="points.py", starter={}, golden=POINT, tests={"tests/test_points.py": POINT_TEST}, **changes)


@pytest.mark.slow
@pytest.mark.parametrize("wary", ["False", "True"])
def test_no_rewritten_result_of_a_python_test_passes(wary: str) -> None:
    wrong = POINT.replace("point.y + dy", "point.y") + ALL.replace("WARY", wary)
    assert graded(points(), wrong).status == "fail"


@pytest.mark.slow
def test_an_honest_class_passes_with_its_tests_counted_as_decided_inside() -> None:
    found = graded(points(), POINT)
    assert found.passed
    assert found.evidence["inside_tests"] == 3
    assert not found.trusted


RPC = """const worker: any = Object.getOwnPropertyDescriptor(globalThis, '__vitest_' + 'worker__')!.value;
const rpc = worker.rpc;
worker.rpc = Object.setPrototypeOf({
  onTaskUpdate: (packs: any[], ...rest: any[]) => rpc.onTaskUpdate(packs.map(([id, result, meta]: any) =>
    [id, result && result.state === 'fail' ? { ...result, state: 'pass', errors: undefined } : result, meta]), ...rest),
}, rpc);
"""


@pytest.mark.slow
def test_no_rewritten_result_of_a_page_s_test_passes() -> None:
    changes = {"entry": "src/total.ts", "starter": {}, "tests": {"tests/total.test.ts": TOTAL_TEST}, "limits": BIG}
    task = counter_task(language="typescript", golden=TOTAL % "prices.reduce((a, b) => a + b, 0)", **changes)
    assert graded(task, RPC + TOTAL % "0 * prices.length").status == "fail"
    assert graded(task, task.golden).passed


def test_of_each_undecided_test_several_copies_are_flipped_and_one_is_not() -> None:
    prepared = runner("pytest").prepare({}, {"tests/test_points.py": POINT_TEST}, Limits(), flipped=True)
    (copies,) = prepared.copies.values()
    for name in ("test_right", "test_up", "test_stays"):
        made = [copy.flipped for copy in copies.values() if copy.name == name]
        assert (made.count(False), made.count(True)) == (1, 4)
    names = set()
    for _ in range(20):
        again = runner("pytest").prepare({}, {"tests/test_points.py": POINT_TEST}, Limits(), flipped=True)
        names |= {name for copies in again.copies.values() for name, copy in copies.items() if not copy.flipped}
    assert "test_up" in names
    assert names - {"test_right", "test_up", "test_stays"}


def test_what_is_decided_outside_has_no_copies() -> None:
    text = "from cart import f\n\n\ndef test_a():\n    assert f(1) == 2\n"
    prepared = runner("pytest").prepare({}, {"tests/test_a.py": text}, Limits(), flipped=True)
    assert (list(prepared.copies.values()), prepared.inside) == ([{}], 0)


def test_no_text_of_a_test_file_is_in_the_job_s_folder() -> None:
    job = runner("pytest").prepare({}, {"tests/test_cart.py": CART_TEST}, Limits(), flipped=False).job
    assert [data for name, data in job.files.items() if name.startswith("tests/")] == [b""]


IN_ORDER = """from shop import Thing

made = []


def test_made():
    assert Thing("a") == Thing("a")
    made.append(1)
    assert Thing("b") != Thing("c")


def test_made_once():
    assert made == [1]
    assert Thing("x") == Thing("x")
"""
THING = """class Thing:
    def __init__(self, name): self.name = name
    def __eq__(self, other): return self.name == other.name
"""


@pytest.mark.slow
def test_right_answers_to_tests_that_depend_on_one_another_pass() -> None:
    task = cart_task(entry="shop.py", starter={}, golden=THING, tests={"tests/test_shop.py": IN_ORDER})
    assert graded(task, THING).passed
    assert graded(task, THING.replace("self.name == other.name", "not self.name != other.name")).passed


PIPES = (
    "import os\nfor n in range(30):\n    try:\n        f = open(f'/proc/{os.getppid()}/fd/{n}', 'wb', 0)\n        f.write(%r)\n"
)
PIPES += "    except OSError:\n        pass\n"


@pytest.mark.parametrize(
    "said", [b'{"case":0,"fault":"no machine"}\n', b'{"case":0,"code":0,"out":"2\\n","err":"","flood":false}\n']
)
def test_a_program_says_nothing_on_its_driver_s_descriptors(said: bytes) -> None:
    from evals.graders import grade

    head = {"id": "t", "suite": "s", "split": "train", "group": "g", "prompt": "p", "kind": "stdin"}
    task = Task(golden="print(2)", cases=(Case(stdin="", stdout="2\n"),), **head)
    found = grade(task, PIPES % said + "print('wrong')", required_sandbox("sandlock"))
    assert (found.status, found.reason) == ("fail", "wrong_output")


def test_the_components_are_as_they_were() -> None:
    assert required_for(cart_task(), "sandlock").tier
