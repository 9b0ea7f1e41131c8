"""Suites: three forms, one digest; findings all at once, each with its place."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evals.errors import BadInput
from evals.records import Limits, Task
from evals.suites import Suite, SuiteHeader, export_suite, load_suite

Form = Literal["folder", "jsonl", "parquet"]
FORMS: tuple[Form, ...] = ("folder", "jsonl", "parquet")
DIRECTIONS = [(first, second) for first in FORMS for second in FORMS if first != second]

AWKWARD = SuiteHeader(
    name="awkward",
    licence="MIT",
    system="Suite's own.",
    limits=Limits(wall_seconds=9.0, memory_mb=1024),
    slices={"slow": {"limits": {"wall_seconds": 20.0}}, "sql": {"kind": "sql", "language": "sql", "system": "SQL."}},
)


def row(name: str, **changes: Any) -> dict[str, Any]:
    values = {
        "id": name,
        "split": "dev",
        "group": name,
        "prompt": f"Write {name}.",
        "golden": f"def {name}():\n    return 1\n",
        "checks": f"assert {name}() == 1\n",
    }
    return {key: value for key, value in {**values, **changes}.items() if value is not None}


def write_suite(folder: Path, *rows: Mapping[str, Any], header: str = "name: tiny\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "suite.yaml").write_text(header)
    (folder / "tasks.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    return folder


def write_task(folder: Path, front: str = "split: dev\ngroup: g", checks: str | None = "assert f() == 1\n") -> None:
    folder.mkdir(parents=True)
    (folder / "prompt.md").write_text(f"---\n{front}\n---\nWrite f.\n")
    (folder / "golden.py").write_text("def f():\n    return 1\n")
    if checks is not None:
        (folder / "checks.py").write_text(checks)


def refusal(folder: Path) -> str:
    with pytest.raises(BadInput) as caught:
        load_suite(str(folder))
    return str(caught.value)


def awkward() -> Suite:
    """Every value that a form could lose: defaults said against the suite's own, odd text, nested files."""
    plain = Task(suite="awkward", **row("plain"))
    tasks = (
        plain.model_copy(update={"licence": "MIT", "system": "Suite's own.", "limits": AWKWARD.limits}),
        Task(suite="awkward", **row("against", system="", licence="", limits=Limits())),
        Task(suite="awkward", **row("tagged", tags=("slow", "x"), licence="MIT", limits=Limits(memory_mb=1024))),
        Task(suite="awkward", **row("text", prompt="---\nnot: front matter\n---\n\u00e9 \u2028 \x0b end", licence="MIT")),
        Task(suite="awkward", **row("ends", golden="def ends(): return 1", checks="\n\nassert ends() == '\\r\\n'")),
        Task(
            suite="awkward",
            **row("nested", tags=("sql",), kind="sql", language="sql", golden="select 1", checks="assert rows() == [(1,)]"),
            starter={"schema.sql": "create table t (a int);\r\n", "deep/prompt.md": "no task", "empty.txt": ""},
        ),
        Task(suite="awkward", **row("holdout", split="holdout", train_ok=False, group="1.0")),
    )
    return Suite(header=AWKWARD, tasks=tasks, path=Path())


@pytest.mark.parametrize(("first", "second"), DIRECTIONS)
def test_a_suite_keeps_its_digest_through_every_form(tmp_path: Path, first: Form, second: Form) -> None:
    suite = awkward()
    export_suite(suite, tmp_path / "a", first)
    once = load_suite(str(tmp_path / "a"))
    export_suite(once, tmp_path / "b", second)
    twice = load_suite(str(tmp_path / "b"))
    by_id = {task.id: task.model_dump() for task in suite.tasks}
    assert {task.id: task.model_dump() for task in once.tasks} == by_id
    assert (once.digest, twice.digest) == (suite.digest, suite.digest)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["house", "basics"])
def test_the_shipped_suites_keep_their_digest(tmp_path: Path, name: str, form: Form) -> None:
    suite = load_suite(name)
    export_suite(suite, tmp_path / name, form)
    assert load_suite(str(tmp_path / name)).digest == suite.digest


def test_a_second_export_changes_no_byte(tmp_path: Path) -> None:
    export_suite(awkward(), tmp_path / "a", "folder")
    export_suite(load_suite(str(tmp_path / "a")), tmp_path / "b", "folder")
    a, b = ({p.relative_to(r): p.read_bytes() for p in r.rglob("*") if p.is_file()} for r in (tmp_path / "a", tmp_path / "b"))
    assert a == b


def test_the_digest_does_not_depend_on_order(tmp_path: Path) -> None:
    one, two = row("a"), row("b")
    first = load_suite(str(write_suite(tmp_path / "x", one, two)))
    assert first.digest == load_suite(str(write_suite(tmp_path / "y", two, one))).digest


@pytest.mark.parametrize("key", ["prompt", "golden", "checks"])
def test_the_digest_covers_what_changes_a_verdict(tmp_path: Path, key: str) -> None:
    first = load_suite(str(write_suite(tmp_path / "x", row("a"))))
    other = row("a")
    other[key] += "# x"
    assert first.digest != load_suite(str(write_suite(tmp_path / "y", other))).digest


def test_the_digest_does_not_depend_on_the_place(tmp_path: Path) -> None:
    first = load_suite(str(write_suite(tmp_path / "x", row("a"))))
    assert first.digest == load_suite(str(write_suite(tmp_path / "y", row("a")))).digest


def test_windows_line_ends_do_not_change_a_task_folder(tmp_path: Path) -> None:
    export_suite(awkward(), tmp_path / "a", "folder")
    for file in tmp_path.rglob("*.py"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    for file in (tmp_path / "a").glob("*/prompt.md"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert load_suite(str(tmp_path / "a")).digest == awkward().digest


def test_folders_between_suite_and_task_are_tags(tmp_path: Path) -> None:
    write_suite(tmp_path)
    write_task(tmp_path / "strings" / "slow" / "f", "split: dev\ngroup: g\ntags: [x, slow]")
    (task,) = load_suite(str(tmp_path)).tasks
    assert (task.id, task.tags, task.slice) == ("f", ("strings", "slow", "x"), "strings")


def test_a_task_inherits_from_suite_and_slice_and_wins_over_both(tmp_path: Path) -> None:
    header = "name: t\nlimits: {wall_seconds: 9, memory_mb: 1024}\nslices: {slow: {limits: {wall_seconds: 20}}}\n"
    own = row("c", tags=["slow"], limits={"wall_seconds": 30})
    suite = load_suite(str(write_suite(tmp_path, row("a"), row("b", tags=["slow"]), own, header=header)))
    assert [(t.limits.wall_seconds, t.limits.memory_mb) for t in suite.tasks] == [(9, 1024), (20, 1024), (30, 1024)]


def test_a_prompt_among_starter_files_is_no_task(tmp_path: Path) -> None:
    write_suite(tmp_path)
    write_task(tmp_path / "f")
    (tmp_path / "f" / "starter").mkdir()
    (tmp_path / "f" / "starter" / "prompt.md").write_text("x")
    (task,) = load_suite(str(tmp_path)).tasks
    assert dict(task.starter) == {"prompt.md": "x"}


def test_all_problems_are_reported_at_once_with_their_places(tmp_path: Path) -> None:
    write_suite(tmp_path, row("a", split="test"), row("b", checks="x = 1"), row("c", prompt=" "), row("d", colour="red"))
    (tmp_path / "more.jsonl").write_bytes(
        b"".join(
            orjson.dumps(more) + b"\n"
            for more in (row("m", compare="nearly"), row("n", kind="stdin", checks=""), row("o", metrics=[{"name": "taste"}]))
        )
    )
    write_task(tmp_path / "e", checks=None)
    (tmp_path / "torn.jsonl").write_text('{"id": \n')
    (tmp_path / "list.jsonl").write_text("[1]\n")
    (tmp_path / "bad.parquet").write_text("no")
    text = refusal(tmp_path)
    wanted = {
        "tasks.jsonl:1: split": "'train', 'dev', 'holdout' or 'final', got 'test'",
        "tasks.jsonl:2: ": "nothing is checked",
        "tasks.jsonl:3: ": "the prompt is empty",
        "tasks.jsonl:4: colour": "Extra inputs",
        "e: ": "no checks",
        "more.jsonl:1: ": "compare",
        "more.jsonl:2: ": "cases",
        "more.jsonl:3: ": "metric 'taste'",
        "torn.jsonl:1: ": "not JSON",
        "list.jsonl:1: ": "found list",
        "bad.parquet: ": "not Parquet",
    }
    for place, what in wanted.items():
        assert any(f"{tmp_path}/{place}" in line and what in line for line in text.splitlines()), (place, text)


def test_a_group_that_straddles_splits_is_refused(tmp_path: Path) -> None:
    text = refusal(write_suite(tmp_path, row("a", group="g", split="train"), row("b", group="g", split="holdout")))
    assert "tasks.jsonl:2: group 'g' is in split 'holdout' here and in 'train' at" in text


def test_duplicate_ids_are_refused_with_both_places(tmp_path: Path) -> None:
    text = refusal(write_suite(tmp_path, row("a"), row("a", group="other")))
    assert "tasks.jsonl:2: task id 'a' is already used at" in text
    assert "tasks.jsonl:1" in text


@pytest.mark.parametrize("checks", ["", "  \n", None])
def test_missing_checks_are_refused(tmp_path: Path, checks: str | None) -> None:
    assert "tasks.jsonl:1: " in (text := refusal(write_suite(tmp_path, row("a", checks=checks))))
    assert "checks" in text


def test_an_empty_suite_is_refused(tmp_path: Path) -> None:
    assert "the suite is empty" in refusal(write_suite(tmp_path))


def test_a_licence_that_forbids_training_is_refused_in_train(tmp_path: Path) -> None:
    header = "name: t\nlicence: NC\ntrain_ok: false\n"
    text = refusal(write_suite(tmp_path, row("a", split="train"), row("b"), header=header))
    assert "tasks.jsonl:1: split 'train', but the licence 'NC' forbids training" in text
    assert "tasks.jsonl:2" not in text


@pytest.mark.parametrize("name", ["hose", "nothing:x"])
def test_an_unknown_name_lists_what_is_there(name: str) -> None:
    with pytest.raises(BadInput, match="shipped suites: basics, house"):
        load_suite(name)


def test_a_folder_without_a_header_says_so(tmp_path: Path) -> None:
    assert f"the folder has no suite.yaml ({tmp_path})" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("header", "place"),
    [
        ("name: [", ":1: "),
        ("colour: red\nname: t", ":1: colour"),
        ("- a\n", ": "),
        ("", ": name"),
        ("name: t\nlimits: {wall_seconds: -1}", ":2: limits.wall_seconds"),
        (
            "name: t\nlimits:\n  memory_mb: 9\n  wall_second: 1\n",
            ":4: limits.wall_second: Extra inputs are not permitted (did you",
        ),
        ("[" * 5000, ": not YAML"),
    ],
)
def test_a_bad_header_is_refused_with_its_file_and_line(tmp_path: Path, header: str, place: str) -> None:
    assert f"{tmp_path}/suite.yaml{place}" in refusal(write_suite(tmp_path, row("a"), header=header))


def test_a_bad_header_hides_no_finding_in_the_tasks(tmp_path: Path) -> None:
    text = refusal(write_suite(tmp_path, row("a", split="test"), header="name: t\ncolour: red\n"))
    assert "suite.yaml:2: colour" in text and "tasks.jsonl:1: split" in text


@pytest.mark.parametrize(
    ("front", "place"), [("split: [", ":2: "), ("- a", ": "), ("split: dev\ngroup: g\ntags: strings", ": tags must be a list")]
)
def test_bad_front_matter_is_refused_with_its_file(tmp_path: Path, front: str, place: str) -> None:
    write_suite(tmp_path)
    write_task(tmp_path / "f", front)
    assert f"{tmp_path}/f/prompt.md{place}" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("header", "finding"),
    [
        ("name: t\nlicence: MIT\nname: u\n", ":3: key 'name' is given twice, first in line 1; keep one"),
        ("name: t\nlimits:\n  memory_mb: 9\n  memory_mb: 8\n", ":4: key 'memory_mb' is given twice, first in line 3"),
        ("name: t\nkind: functoin\n", ":2: kind 'functoin' is none of function, "),
        ("name: t\nkind: functoin\n", "did you mean 'function'?"),
        ("name: 1.5\n", ":1: name: Input should be a valid string (put it in quotes), got 1.5"),
        ("name: a/b\n", ":1: name: a suite's name is part of its tasks' keys (suite/id): expected text without '/', got 'a/b'"),
        ("name: ' '\n", ":1: name: a suite's name"),
        (
            "name: t\nslices:\n  slow:\n    limts: {}\n",
            ":4: slices.slow.limts: Extra inputs are not permitted (did you mean 'limits'?)",
        ),
        (
            "name: t\nslices:\n  slow:\n    limits: {wall_seconds: 0}\n",
            ":4: slices.slow.limits.wall_seconds: Input should be greater",
        ),
    ],
)
def test_a_header_names_line_key_value_and_what_was_meant(tmp_path: Path, header: str, finding: str) -> None:
    text = refusal(write_suite(tmp_path, row("a"), header=header))
    assert any(line.startswith(f"{tmp_path}/suite.yaml") and finding in line for line in text.splitlines()), text


@pytest.mark.parametrize(
    ("front", "finding"),
    [
        ("split: dev\ngroup: g\nsplit: train", ":4: key 'split' is given twice, first in line 2; keep one"),
        (
            "split: dve\ngroup: g",
            ":2: split: Input should be 'train', 'dev', 'holdout' or 'final' (did you mean 'dev'?), got",
        ),
        ("split: dev\ngroup: 1.5", ":3: group: Input should be a valid string (put it in quotes), got 1.5"),
        (
            "split: dev\ngroup: g\nlimits:\n  wall_second: 3",
            ":5: limits.wall_second: Extra inputs are not permitted (did you mean",
        ),
        ("split: dev\ngroup: g\nlimits: {wall_seconds: .inf}", ":4: limits.wall_seconds: expected seconds, got inf"),
        ("split: dev\ngroup: g\nmetrics: [{name: ruff}, {name: ruff}]", ":4: metrics: ruff is given twice"),
        ("split: dev\ngroup: g\nchecks: assert f()", ":4: checks: is given here and in a file of the folder; keep one"),
        ("split: dev\ngroup: g\ncolour: red", ":4: colour: Extra inputs are not permitted"),
    ],
)
def test_front_matter_names_line_key_value_and_what_was_meant(tmp_path: Path, front: str, finding: str) -> None:
    write_suite(tmp_path)
    write_task(tmp_path / "f", front)
    assert f"{tmp_path}/f/prompt.md{finding}" in refusal(tmp_path)


def test_front_matter_that_is_not_closed_says_so(tmp_path: Path) -> None:
    write_suite(tmp_path)
    write_task(tmp_path / "f")
    (tmp_path / "f" / "prompt.md").write_text("---\nsplit: dev\ngroup: g\nWrite f.\n")
    assert f"{tmp_path}/f/prompt.md:1: the front matter is not closed" in refusal(tmp_path)


def test_one_broken_part_of_a_folder_hides_no_finding_in_the_others(tmp_path: Path) -> None:
    write_suite(tmp_path, header="name: t\nname: u\n")
    write_task(tmp_path / "f", "split: dve\ngroup: g\ngroup: h")
    (tmp_path / "f" / "golden.sql").write_text("select 1")
    (tmp_path / "f" / "cases.jsonl").write_text('{"stdin": "1", "stdout": "2"}\n{"stdin":\n{"stdn": "1", "stdout": "2"}\n')
    write_task(tmp_path / "g", "split: train\ngroup: g", checks="x = 1\n")
    text = refusal(tmp_path)
    for finding in (
        "suite.yaml:2: key 'name' is given twice",
        "f/prompt.md:4: key 'group' is given twice, first in line 3",
        "f: needs exactly one golden file",
        "f/cases.jsonl:2: not JSON",
        "f/cases.jsonl:3: cases.1.stdn: Extra inputs are not permitted (did you mean 'stdin'?)",
        "f/prompt.md:2: split: Input should be",
        "g: ",
    ):
        assert f"{tmp_path}/{finding}" in text, text


def test_a_group_that_straddles_splits_is_named_with_both_lines(tmp_path: Path) -> None:
    write_suite(tmp_path)
    write_task(tmp_path / "f", "split: train\ngroup: g")
    write_task(tmp_path / "h", "split: holdout\ngroup: g")
    text = refusal(tmp_path)
    assert f"{tmp_path}/h/prompt.md:3: group 'g' is in split 'holdout' here and in 'train' at {tmp_path}/f/prompt.md:3" in text


def test_what_would_be_passed_over_in_silence_is_named(tmp_path: Path) -> None:
    write_suite(tmp_path)
    write_task(tmp_path / "f", checks=None)
    (tmp_path / "f" / "check.py").write_text("assert f() == 1\n")
    write_task(tmp_path / "g")
    (tmp_path / "g" / "prompt.md").unlink()
    text = refusal(tmp_path)
    assert f"{tmp_path}/f/check.py: no part of a task has this name (did you mean 'checks.py'?)" in text
    assert f"{tmp_path}/g: holds a golden but no prompt.md" in text


def test_every_line_that_cannot_be_read_is_named_and_the_others_are_judged(tmp_path: Path) -> None:
    write_suite(tmp_path)
    sound = orjson.dumps(row("a"))
    lines = [
        sound,
        b'{"id": ',
        b"[1]",
        b"\xff{}",
        orjson.dumps(row("b", promt="x")),
        orjson.dumps(row("c", limits={"memroy_mb": 5})),
    ]
    (tmp_path / "tasks.jsonl").write_bytes(b"\n".join(lines))
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(sound * 50)[:40])
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "zero.jsonl").write_bytes(b"")
    text = refusal(tmp_path)
    for finding in (
        "tasks.jsonl:2: not JSON",
        "tasks.jsonl:3: expected an object with a task's keys, found list",
        "tasks.jsonl:4: not JSON",
        "tasks.jsonl:5: promt: Extra inputs are not permitted (did you mean 'prompt'?), got 'x'",
        "tasks.jsonl:6: limits.memroy_mb: Extra inputs are not permitted (did you mean 'memory_mb'?), got 5",
        "cut.jsonl.gz: cannot be read: ",
        "folder.jsonl: cannot be read: Is a directory",
    ):
        assert f"{tmp_path}/{finding}" in text, text
    assert len(text.splitlines()) == 7


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"id": " "}, "the id is empty"),
        ({"group": ""}, "the group is empty"),
        ({"prompt": "a\0b"}, "prompt: holds a NUL"),
        ({"starter": {"../../x": ""}}, "starter: the file '../../x' leaves"),
        ({"language": "pyton"}, "language 'pyton'"),
    ],
)
def test_values_that_nothing_could_work_with_are_located(tmp_path: Path, changes: dict[str, Any], finding: str) -> None:
    assert f"{tmp_path}/tasks.jsonl:1: {finding}" in refusal(write_suite(tmp_path, row("a", **changes)))


@pytest.mark.parametrize("write", [lambda text: b"\xef\xbb\xbf" + text, lambda text: text.replace(b"\n", b"\r\n")])
def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path, write: Callable[[bytes], bytes]) -> None:
    plain = load_suite(str(write_suite(tmp_path / "plain", row("a"), row("b"))))
    (write_suite(tmp_path / "odd") / "tasks.jsonl").write_bytes(write((tmp_path / "plain/tasks.jsonl").read_bytes()))
    assert load_suite(str(tmp_path / "odd")).digest == plain.digest


def test_packed_lines_are_read_as_plain_ones(tmp_path: Path) -> None:
    plain = load_suite(str(write_suite(tmp_path / "plain", row("a"))))
    packed = write_suite(tmp_path / "packed")
    (packed / "tasks.jsonl.gz").write_bytes(gzip.compress((tmp_path / "plain/tasks.jsonl").read_bytes()))
    (packed / "tasks.jsonl").unlink()
    assert load_suite(str(packed)).digest == plain.digest


def test_text_that_is_not_utf8_is_refused_with_its_file(tmp_path: Path) -> None:
    write_suite(tmp_path)
    write_task(tmp_path / "f")
    (tmp_path / "f" / "golden.py").write_bytes(b"\xff")
    assert f"{tmp_path}/f/golden.py: not UTF-8" in refusal(tmp_path)


def test_two_goldens_are_refused(tmp_path: Path) -> None:
    write_suite(tmp_path)
    write_task(tmp_path / "f")
    (tmp_path / "f" / "golden.sql").write_text("select 1")
    assert "exactly one golden file" in refusal(tmp_path)


def test_parquet_with_torn_nested_values_is_refused_with_its_row(tmp_path: Path) -> None:
    write_suite(tmp_path)
    pq.write_table(pa.table({key: [value] for key, value in row("a", limits="{").items()}), tmp_path / "t.parquet")
    assert "t.parquet:row 1: " in refusal(tmp_path)


def test_parquet_may_hold_tags_as_lists(tmp_path: Path) -> None:
    write_suite(tmp_path)
    pq.write_table(pa.table({key: [value] for key, value in row("a", tags=["x"]).items()}), tmp_path / "t.parquet")
    assert load_suite(str(tmp_path)).tasks[0].tags == ("x",)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path, tmp_path / "file"):
        with pytest.raises(BadInput, match="exists already"):
            export_suite(awkward(), out, "jsonl")


@pytest.mark.parametrize(
    "changes", [{"id": "../a"}, {"id": "a/b"}, {"tags": ("..",)}, {"starter": {"../x": ""}}, {"starter": {"/x": ""}}]
)
def test_names_that_leave_the_folder_are_not_exported(tmp_path: Path, changes: dict[str, Any]) -> None:
    suite = Suite(header=SuiteHeader(name="s"), tasks=(Task(suite="s", **{**row("a"), **changes}),), path=Path())
    with pytest.raises(BadInput, match="export as jsonl or parquet instead"):
        export_suite(suite, tmp_path / "out", "folder")
    assert not (tmp_path / "out").exists()


def test_split_selects_in_order(tmp_path: Path) -> None:
    suite = load_suite(str(write_suite(tmp_path, row("a", split="holdout"), row("b"), row("c", split="holdout"))))
    assert [task.id for task in suite.split("holdout")] == ["a", "c"]


def test_a_byte_order_mark_in_a_file_or_a_row_is_no_part_of_the_text(tmp_path: Path) -> None:
    folder = tmp_path / "marked" / "t"
    write_task(folder)
    write_suite(tmp_path / "plain", row("f"), header="name: marked\n")
    (tmp_path / "marked" / "suite.yaml").write_text("\ufeffname: marked\n")
    (folder / "starter").mkdir()
    (folder / "starter" / "data.csv").write_text("a,b\n")
    for file in ("prompt.md", "golden.py", "checks.py", "starter/data.csv"):
        (folder / file).write_text("\ufeff" + (folder / file).read_text())
    (marked,) = load_suite(str(tmp_path / "marked")).tasks
    assert "\ufeff" not in marked.model_dump_json()
    again = row("f", golden="\ufeffdef f():\n    return 1\n", starter={"a.py": "\ufeffA = 1\n"})
    write_suite(tmp_path / "rows", again, header="name: marked\n")
    (from_row,) = load_suite(str(tmp_path / "rows")).tasks
    assert "\ufeff" not in from_row.model_dump_json()


def test_a_query_needs_no_language(tmp_path: Path) -> None:
    sql = row("q", kind="sql", golden="SELECT 1", checks=None, starter={"schema.sql": "CREATE TABLE t (a INTEGER)"})
    for header in ("name: tiny\n", "name: tiny\nkind: sql\n"):
        folder = write_suite(tmp_path / header.replace("\n", "").replace(" ", ""), sql, header=header)
        assert [task.language for task in load_suite(str(folder)).tasks] == ["sql"]
    assert Task(suite="s", **row("f")).language == "python"
