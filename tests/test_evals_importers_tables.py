import json
from pathlib import Path
from typing import Any

import datasets
import pytest
import yaml
from sandbox_requirements import required_sandbox

from evals.errors import BadInput
from evals.graders import grade
from evals.importers.hub import import_hub, import_table
from evals.importers.partial import may_train, split_options
from evals.suites import load_suite

COLUMNS = {"prompt": "question", "golden": "answer", "checks": "asserts", "id": "name", "group": "topic"}
ROWS: list[dict[str, Any]] = [
    {
        "question": f"Write `add_{n}(x)`, x plus {n}.",
        "answer": f"def add_{n}(x):\n    return x + {n}\n",
        "asserts": f"assert add_{n}(1) == {n + 1}\n",
        "name": f"math/{n}",
        "topic": f"topic {n}",
        "part": ["train", "validation", "test"][n % 3],
        "rights": "MIT",
    }
    for n in range(12)
]


def table(folder: Path, rows: list[dict[str, Any]] | None = None, **mapping: Any) -> Path:
    file = folder / "tasks.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in (ROWS if rows is None else rows)))
    if mapping:
        (folder / "tasks.jsonl.yaml").write_text(yaml.safe_dump(mapping))
    return file


def test_columns_become_tasks(tmp_path: Path) -> None:
    suite = load_suite(f"table:{table(tmp_path, columns=COLUMNS, licence='MIT', name='sums')}")
    task = suite.tasks[3]
    assert (suite.name, task.id, task.group, task.licence, task.train_ok) == ("sums", "math-3", "topic 3", "MIT", True)
    assert grade(task, task.golden, required_sandbox("sandlock")).passed


def test_csv_and_parquet_read_as_jsonl_does(tmp_path: Path) -> None:
    import csv

    import pyarrow
    import pyarrow.parquet

    table(tmp_path)
    with (tmp_path / "tasks.csv").open("w", newline="") as handle:
        writer = csv.DictWriter(handle, list(ROWS[0]))
        writer.writeheader()
        writer.writerows(ROWS)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), tmp_path / "tasks.parquet")
    digests = {import_table(tmp_path / f"tasks.{ending}", COLUMNS).digest for ending in ("jsonl", "csv", "parquet")}
    assert len(digests) == 1


def test_a_tables_own_split_wins(tmp_path: Path) -> None:
    suite = import_table(table(tmp_path), {**COLUMNS, "split": "part", "licence": "=MIT"})
    assert [task.split for task in suite.tasks[:3]] == ["train", "dev", "holdout"]


def test_without_a_split_the_group_decides_and_never_straddles(tmp_path: Path) -> None:
    rows = [{**row, "name": f"{row['name']}-{copy}"} for row in ROWS for copy in range(2)]
    suite = import_table(table(tmp_path, rows), {**COLUMNS, "licence": "rights"})
    assert {task.split for task in suite.tasks} == {"train", "holdout"}
    assert len({(task.group, task.split) for task in suite.tasks}) == 12


def test_without_a_known_licence_every_task_is_holdout_and_a_note_says_so(tmp_path: Path) -> None:
    suite = import_table(table(tmp_path), {**COLUMNS, "split": "part"})
    assert {(task.split, task.train_ok) for task in suite.tasks} == {("holdout", False)}
    assert "8 tasks are holdout: their licence is not known to allow training" in suite.left_out[0]


def test_a_map_may_say_that_training_is_allowed(tmp_path: Path) -> None:
    file = table(tmp_path, columns={**COLUMNS, "split": "part"}, licence="Ours", train_ok=True)
    assert [task.split for task in import_table(file).tasks[:3]] == ["train", "dev", "holdout"]


def test_other_names_of_splits_are_mapped(tmp_path: Path) -> None:
    rows = [{**row, "part": "part two"} for row in ROWS]
    with pytest.raises(BadInput, match=r"tasks\.jsonl:1: split: expected one of train, .* found 'part two'"):
        import_table(table(tmp_path, rows), {**COLUMNS, "split": "part"})
    mapped = import_table(table(tmp_path, rows, columns={**COLUMNS, "split": "part"}, splits={"part two": "dev"}, licence="MIT"))
    assert {task.split for task in mapped.tasks} == {"dev"}


def test_nested_cells_may_be_json_text(tmp_path: Path) -> None:
    row = {"question": "Double.", "io": '[{"stdin": "1", "stdout": "2"}]', "labels": "easy, sums"}
    file = table(tmp_path, [row], kind="stdin", columns={"prompt": "question", "cases": "io", "tags": "labels"})
    (task,) = import_table(file).tasks
    assert (task.cases[0].stdout, task.tags) == ("2", ("easy", "sums"))


def test_constants_fill_a_key_for_all(tmp_path: Path) -> None:
    suite = import_table(table(tmp_path), {**COLUMNS, "tags": "=sums", "licence": "=MIT"})
    assert {(task.tags, task.licence) for task in suite.tasks} == {(("sums",), "MIT")}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"golden": "answer"}, r"no column for 'prompt': give --column prompt=COLUMN, or columns: \{prompt: COLUMN\} in"),
        ({"prompt": "question", "colour": "x"}, r"columns\.colour: no key of a task; there are: cases, checks, "),
        ({"prompt": "text"}, r"tasks\.jsonl:1: no column 'text' for prompt; there are: question, answer"),
        ({"prompt": "question", "cases": "answer"}, r"tasks\.jsonl:1: answer: expected JSON for cases"),
        ({"prompt": "question", "train_ok": "answer"}, r"tasks\.jsonl:1: answer: expected true or false"),
    ],
)
def test_a_wrong_map_is_named(tmp_path: Path, columns: dict[str, str], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        import_table(table(tmp_path), columns)


def test_a_map_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"tasks\.jsonl\.yaml:1: column: Extra inputs are not permitted"):
        import_table(table(tmp_path, column=COLUMNS))


def test_another_kind_of_file_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "tasks.pkl").write_bytes(b"cos\nsystem\n")
    with pytest.raises(BadInput, match=r"tasks\.pkl: expected a file that ends in \.jsonl"):
        import_table(tmp_path / "tasks.pkl", COLUMNS)


def test_a_csv_row_with_a_cell_too_many_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "tasks.csv").write_text('question,asserts\n"two\nlines",x\none,two,three\n')
    with pytest.raises(BadInput, match=r"tasks\.csv:4: expected 2 cells \(question, asserts\)"):
        import_table(tmp_path / "tasks.csv", {"prompt": "question"})


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    parts = {part: datasets.Dataset.from_list([row for row in ROWS if row["part"] == part]) for part in ("train", "test")}
    folder = tmp_path / "saved"
    datasets.DatasetDict(parts).save_to_disk(str(folder))
    return folder


def test_a_saved_dataset_keeps_its_splits(saved: Path) -> None:
    suite = import_hub(saved, {**COLUMNS, "licence": "rights"})
    assert [task.split for task in suite.tasks] == ["train"] * 4 + ["holdout"] * 4
    assert suite.tasks[0].source.endswith("saved: train row 1")


def test_one_split_of_a_dataset_can_be_chosen(saved: Path) -> None:
    assert len(import_hub(saved.with_name("saved?split=test"), COLUMNS).tasks) == 4
    with pytest.raises(BadInput, match="split 'dev': there are: train, test"):
        import_hub(saved.with_name("saved?split=dev"), COLUMNS)


def test_a_column_that_no_dataset_has_is_named(saved: Path) -> None:
    with pytest.raises(BadInput, match="no column 'text'; there are: question, answer"):
        import_hub(saved, {"prompt": "text"})


def test_a_folder_of_files_keeps_the_splits_that_their_names_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    for part in ("train", "test"):
        lines = [json.dumps(row) + "\n" for row in ROWS if row["part"] == part]
        (tmp_path / "clone/data").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"clone/data/{part}-00000-of-00001.jsonl").write_text("".join(lines))
    suite = import_hub(tmp_path / "clone", {**COLUMNS, "licence": "rights"})
    assert [task.split for task in suite.tasks] == ["train"] * 4 + ["holdout"] * 4


def test_a_file_is_a_table_to_the_hub_too(tmp_path: Path) -> None:
    (tmp_path / "sums.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    assert import_hub(tmp_path / "sums.jsonl", COLUMNS).tasks == import_table(tmp_path / "sums.jsonl", COLUMNS).tasks


def test_without_a_network_the_way_around_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ConnectionError("Couldn't reach 'org/sums' on the Hub")

    monkeypatch.setattr(datasets, "load_dataset", fail)
    with pytest.raises(
        BadInput, match=r"org/sums: not a dataset .* Couldn't reach .*; without a network, give the folder of a clone"
    ):
        import_hub(Path("org/sums"), COLUMNS)


@pytest.mark.parametrize("name", ["nowhere", "no/where.jsonl"])
def test_a_path_that_is_not_there_is_not_looked_for_on_the_hub(name: str) -> None:
    with pytest.raises(BadInput, match=f"{name}: no such folder or file"):
        import_hub(Path(name), COLUMNS)


def test_broken_rows_of_a_table_are_named_in_one_go(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("question,part\na\n,train\nb,train,c\nd,nowhere\n")
    with pytest.raises(BadInput) as caught:
        import_table(tmp_path / "t.csv", {"prompt": "question", "split": "part", "checks": "=assert f() == 1"})
    places = [line.removeprefix(f"{tmp_path}/").split(": ")[0] for line in str(caught.value).splitlines()]
    assert sorted(places) == ["t.csv:2", "t.csv:3", "t.csv:4", "t.csv:5"]


def test_a_name_of_the_hub_is_what_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []

    def load(name: str, config: str | None, *, revision: str | None) -> datasets.Dataset:
        asked.append((name, config, revision))
        return datasets.Dataset.from_list(ROWS)

    monkeypatch.setattr(datasets, "load_dataset", load)
    suite = import_hub(Path("project/org/sums?config=plain&revision=abc"), COLUMNS)
    assert asked == [("org/sums", "plain", "abc")]
    assert (suite.name, len(suite.tasks)) == ("sums", 12)


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 AND CC-BY-4.0", True),
        ("(MIT OR Proprietary)", True),
        ("MIT AND CC-BY-NC-4.0", False),
        ("CC-BY-NC-4.0", False),
        ("", False),
    ],
)
def test_only_licences_known_to_allow_training_do(licence: str, allowed: bool) -> None:
    assert may_train(licence) is allowed


def test_a_file_with_a_question_mark_in_its_name_is_no_option(tmp_path: Path) -> None:
    file = tmp_path / "what?a=b"
    file.touch()
    assert split_options(file, {}) == (file, {})
