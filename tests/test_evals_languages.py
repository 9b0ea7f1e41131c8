"""One row a language: its parts are loaded, an unknown language is a fault, and what a row lacks is said where it is needed."""

from dataclasses import replace
from typing import Any

import pytest

from evals.comments import without_comments
from evals.errors import TaskFault
from evals.extract import extract_code
from evals.graders import problems_of
from evals.graders.flags import find_flags
from evals.graders.fuzz import entry_of
from evals.graders.programs import ProgramGrader
from evals.graders.runtimes import HiddenInputs, Runtime, runtime_for
from evals.javascript.trees import GRAMMARS, parse_source
from evals.languages import LANGUAGES, language_of, part_of
from evals.reading import reader_of
from evals.records import Task
from goldens.mutants import mutants_of
from goldens.stubs import empty_answer

PARTS = ("reader", "uncommented", "runtime", "flags", "mutator", "stubs")
BARE = replace(
    LANGUAGES["python"],
    name="bare",
    reader="evals.reading:PLAIN",
    uncommented="",
    runtime="",
    program=None,
    flags="",
    mutator="",
    stubs="",
)
NOT_A_ROW = "python"


def task(**changes: Any) -> Task:
    row = {"id": "t", "suite": "s", "split": "train", "group": "g", "prompt": "p", "golden": "def f(x):\n    return x\n"}
    return Task.model_validate({**row, "checks": "assert f(1) == 1", **changes})


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_part_of_every_row_is_there(name: str) -> None:
    row = language_of(name)
    assert row.name == name == row.fences[0]
    for part in PARTS:
        if getattr(row, part):
            assert part_of(row, part) is not None
    assert reader_of(row).bare("", row) is None
    if row.grammar:
        assert row.grammar in GRAMMARS
        assert not parse_source("x = 1;", row.grammar).has_error
    if row.program is not None:
        assert row.program.driver.is_file()


@pytest.mark.parametrize("name", [name for name, row in LANGUAGES.items() if row.runtime])
def test_every_runtime_takes_hidden_inputs(name: str) -> None:
    runtime: Runtime = runtime_for(name)
    assert isinstance(runtime, HiddenInputs)


@pytest.mark.parametrize(
    "use",
    [
        lambda name: extract_code("```\nx\n```", name),
        lambda name: find_flags(task(language=name), "x"),
        lambda name: entry_of(task(language=name)),
        lambda name: without_comments("x", name),
        lambda name: mutants_of(task(language=name), 3),
        lambda name: empty_answer(task(language=name)),
        runtime_for,
    ],
)
def test_an_unknown_language_is_a_fault_wherever_it_is_used(use: Any) -> None:
    with pytest.raises(
        TaskFault, match=r"language 'pyhton' is none of python, sql, .*, nor a 'pkg\.mod:ROW'; did you mean 'python'"
    ):
        use("pyhton")


def test_an_unknown_language_is_a_finding_of_its_task() -> None:
    (problem,) = problems_of(task(language="pyhton", source="a.jsonl:3"))
    assert problem.startswith("a.jsonl:3: language 'pyhton' is none of python, sql")


def test_what_is_not_a_row_is_refused() -> None:
    with pytest.raises(TaskFault, match=r"expected an evals\.languages\.Language, found str"):
        language_of(f"{__name__}:NOT_A_ROW")


def test_what_a_row_lacks_is_said_where_it_is_needed() -> None:
    name = f"{__name__}:BARE"
    assert extract_code("So:\n```python\ndef f(): ...\n```", name) is not None
    assert find_flags(task(language=name), "import os") == {}
    with pytest.raises(TaskFault, match="language 'bare' has no runtime; there is one for python, sql, javascript"):
        runtime_for(name)
    with pytest.raises(TaskFault, match="s/t: no mutants: language 'bare' has no mutator"):
        mutants_of(task(language=name), 3)
    with pytest.raises(TaskFault, match="language 'bare' has no stubs; there is one for python"):
        empty_answer(task(language=name))
    assert any(
        "programs can be in python, javascript" in one for one in ProgramGrader().problems(task(language=name, kind="stdin"))
    )


def test_trees_are_made_by_many_threads_at_once() -> None:
    """Python 3.11 counts the depth of trees for all threads together, and raised SystemError (python/cpython#106905)."""
    from concurrent.futures import ThreadPoolExecutor

    from evals.source import python_tree, read_literal, read_tree

    text = "def f(x):\n" + "".join(f"    y{n} = [{{'a': (x, {n})}} for x in range({n})]\n" for n in range(60))

    def work(number: int) -> bool:
        made = (python_tree(text), read_tree("f(1, [2])", mode="eval"), read_literal("{'a': [1, (2, 3)]}"))
        return all(part is not None for part in made)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(200)))
