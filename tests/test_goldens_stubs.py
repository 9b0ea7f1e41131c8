"""Stubs have the golden's shape and know nothing."""

from __future__ import annotations

from typing import Any

import pytest

from evals.graders.patches import apply_patch
from evals.records import Task
from goldens.mutants.javascript import declarations
from goldens.stubs import empty_answer, more_stubs


def task(golden: str, **changes: Any) -> Task:
    row = {"id": "t", "suite": "s", "split": "train", "group": "g", "prompt": "p", "golden": golden}
    return Task.model_validate({**row, **changes})


def test_the_empty_answer_keeps_the_goldens_names() -> None:
    assert empty_answer(task("import os\ndef f(x):\n    return x\nclass C:\n    pass\nasync def g(): ...\n")) == (
        "def f(*args, **kwargs):\n    return None\nclass C:\n    pass\nasync def g(*args, **kwargs):\n    return None"
    )


def test_identity_and_constant_stubs_return_what_their_names_say() -> None:
    stubs = more_stubs(task("def f(x):\n    return [x]\n", checks="assert f(1) == [1]\nassert f(2) == [2]\n"))
    results = {}
    for name, code in stubs.items():
        names: dict[str, Any] = {}
        exec(code, names)
        results[name] = names["f"](7)
    assert results == {"identity": 7, "constant": [1]}


def test_a_constant_stub_that_is_the_empty_one_is_not_run_twice() -> None:
    assert set(more_stubs(task("def f(x):\n    return None\n", checks="assert f(1) is None\n"))) == {"identity"}


def test_programs_queries_and_patches_have_only_the_empty_stub() -> None:
    assert more_stubs(task("print(1)", kind="stdin")) == {}
    assert empty_answer(task("print(1)", kind="stdin")) == "pass\n"
    assert empty_answer(task("SELECT 1", kind="sql", language="sql")) == "SELECT NULL WHERE false"


JAVASCRIPT = """import x from "y";
export const LIMIT = 3;
export function add(a, b) { return a + b; }
const helper = (a) => a;
class Box {}
"""


def test_a_script_stub_exports_what_the_golden_exports() -> None:
    golden = JAVASCRIPT + "export default function App() { return 1; }\n"
    stub = empty_answer(task(golden, kind="tests", language="javascript"))
    found = {(declared.name, declared.export) for declared in declarations(stub, "javascript")}
    assert found == {(declared.name, declared.export) for declared in declarations(golden, "javascript")}


@pytest.mark.parametrize("tail", ["module.exports = { add };\n", "export { add };\n", "export default add;\n"])
def test_a_script_stub_exports_in_the_goldens_style(tail: str) -> None:
    stub = empty_answer(task(f"function add(a, b) {{ return a + b; }}\n{tail}", language="javascript"))
    assert stub == f"function add(...args) {{ return undefined; }}\n{tail}"


def test_a_typed_stub_is_typed() -> None:
    stub = empty_answer(task("export const add = (a: number): number => a;\n", language="typescript"))
    assert stub == "export function add(...args: any[]) { return undefined; }\n"


@pytest.mark.parametrize("text", ["a\nb\n", "only", "\n\nx\n"])
def test_the_empty_patch_is_valid_and_changes_nothing(text: str) -> None:
    starter = {"m.py": text, "other.py": "o\n"}
    golden = "--- a/m.py\n+++ b/m.py\n@@ -1 +1 @@\n-a\n+c\n"
    stub = empty_answer(task(golden, kind="patch", starter=starter))
    assert "m.py" in stub
    assert apply_patch(starter, stub) == starter
