"""docs/suites.md names every key, and its examples are the suites that ``goldloop init --kind`` writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from evals.graders import GRADERS
from evals.graders.metrics import METRICS
from evals.importers import IMPORTERS
from evals.importers.hub import TableMap
from evals.importers.templates import compile_templates
from evals.records import Case, Limits, Metric, Task
from evals.suites import SuiteHeader, load_suite
from loop.scaffold import EXAMPLES, KINDS, example_suite

TEXT = (Path(__file__).parents[1] / "docs/suites.md").read_text()
FILES = dict(re.findall(r"^`([\w./-]+)`\n\n```\w+\n(.*?)\n```$", TEXT, re.MULTILINE | re.DOTALL))


def section(title: str) -> str:
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(
    ("title", "keys"),
    [
        ("suite.yaml", SuiteHeader.model_fields),
        ("Keys of a task", Task.model_fields),
        ("Keys of a task", Limits.model_fields),
        ("Keys of a task", Case.model_fields),
        ("Keys of a task", Metric.model_fields),
        ("Keys of a task", METRICS),
        ("Keys of a task", GRADERS),
        ("Importers", IMPORTERS),
        ("Importers", ["columns", "splits"]),
    ],
)
def test_every_key_is_named(title: str, keys: dict[str, object]) -> None:
    assert [key for key in keys if f"`{key}`" not in section(title)] == []


@pytest.mark.parametrize(("model", "title"), [(SuiteHeader, "suite.yaml"), (Task, "Keys of a task")])
def test_no_row_names_a_key_that_is_not_there(model: type[SuiteHeader | Task], title: str) -> None:
    rows = re.findall(r"^\| `(\w+)` \|", section(title), re.MULTILINE)
    assert sorted(rows) == sorted(model.model_fields)


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_each_kind_is_one_that_init_writes_and_loads(tmp_path: Path, kind: str) -> None:
    suite = example_suite(kind)
    shown = {name: text for name, text in FILES.items() if name.startswith(f"{suite.name}/")}
    (task,) = {name.split("/")[1] for name in shown} - {"suite.yaml"}
    there = {str(file.relative_to(suite.parent)) for file in (suite / task).rglob("*") if file.is_file()}
    assert there | {f"{suite.name}/suite.yaml"} == shown.keys()
    for name, text in shown.items():
        assert (EXAMPLES / kind / name).read_text() == text + "\n", name
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text + "\n")
    assert [one.id for one in load_suite(str(tmp_path / suite.name)).tasks] == [task]


def test_the_maps_of_columns_and_templates_are_ones() -> None:
    columns, templates = re.findall(r"```yaml\n(.*?)```", section("Importers"), re.DOTALL)
    assert TableMap.model_validate(yaml.safe_load(columns)).columns["prompt"] == "question"
    mapping = TableMap.model_validate(yaml.safe_load(templates))
    row = {"meta": {"id": "p1"}, "entry_point": "twice", "description": "Two times.", "solution": "twice = lambda x: 2 * x"}
    filled = compile_templates(mapping.templates).fill({**row, "cases": [{"input": 2, "output": 4}, {"input": 0, "output": 0}]})
    assert filled["checks"].split("\n")[:2] == ["assert twice(2) == 4", "assert twice(0) == 0"]
