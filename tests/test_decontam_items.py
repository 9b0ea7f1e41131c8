"""Holdouts of every shape as items: made-up files everywhere, the real benchmarks where they are."""

from __future__ import annotations

import csv
import gzip
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest
import zstandard
from conftest import write_task
from sandbox_requirements import unavailable

from decontam.holdouts import continues, load_items
from decontam.matching.duplicates import duplicate_counts
from decontam.matching.index import build_index
from decontam.records import Item
from evals.errors import BadInput

DATA = Path(os.environ.get("GOLDLOOP_DATA", Path(__file__).parents[2] / "shared" / "data"))
HUMANEVAL: Mapping[str, Any] = {
    "task_id": "HumanEval/7",
    "prompt": 'def half(x):\n    """ Half of x. """\n',
    "entry_point": "half",
    "canonical_solution": "    return x / 2\n",
    "test": "def check(candidate):\n    assert candidate(4) == 2\n",
}
MBPP: Mapping[str, Any] = {
    "task_id": 601,
    "text": "Write a function to halve a number.",
    "code": "def half(x):\r\n  return x / 2",
    "test_setup_code": "",
    "test_list": ["assert half(4) == 2", "assert half(2) == 1"],
}
ROWS = [{"id": "a", "question": "one", "answer": "1"}, {"id": "b", "question": "two", "answer": "2"}]


def write(file: Path, *rows: Any) -> str:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(file)


def only(name: str, columns: Mapping[str, str] | None = None) -> Item:
    holdout = load_items([name], columns)
    assert not holdout.broken
    (item,) = holdout.items
    return item


def row(folder: Path, values: Mapping[str, Any], columns: Mapping[str, str] | None = None) -> Item:
    return only(write(folder / "rows.jsonl", values), columns)


def refusal(name: str, columns: Mapping[str, str] | None = None) -> str:
    with pytest.raises(BadInput) as caught:
        load_items([name], columns)
    return str(caught.value)


def suite(folder: Path) -> str:
    (folder / "suite.yaml").write_text("name: mine\n")
    for split, word in (("train", "anchor"), ("dev", "basket"), ("holdout", "island"), ("final", "harbour")):
        task = folder / "words" / word
        write_task(task, split=split, group=f"g-{word}", prompt=f"Say {word}.", golden="x = 1\n", checks="assert x == 1\n")
    return str(folder)


def the_real(name: str) -> str:
    if not (DATA / name).is_file():
        unavailable("data", f"{DATA / name} is not there")
    return str(DATA / name)


def test_a_humaneval_answer_is_the_whole_function(tmp_path: Path) -> None:
    item = row(tmp_path, HUMANEVAL)
    assert item.answer == 'def half(x):\n    """ Half of x. """\n    return x / 2\n'


def test_a_humaneval_row_keeps_its_id_and_tests(tmp_path: Path) -> None:
    item = row(tmp_path, HUMANEVAL)
    assert (item.key, item.prompt, item.tests) == ("HumanEval/7", HUMANEVAL["prompt"], HUMANEVAL["test"])


def test_a_body_in_another_language_stays_alone(tmp_path: Path) -> None:
    item = row(tmp_path, {**HUMANEVAL, "prompt": "const half = (x) => {\n", "canonical_solution": "  return x / 2;\n}\n"})
    assert item.answer == "  return x / 2;\n}\n"


def test_a_whole_solution_is_not_joined_to_the_prompt() -> None:
    assert not continues("def half(x):\n    pass\n", "def half(x):\n    return x / 2\n")


def test_prose_is_not_continued_by_indented_text() -> None:
    assert not continues("Halve the number x.\n", "    return x / 2\n")


def test_an_odd_escape_in_the_code_is_no_warning() -> None:
    assert continues('def f(x):\n    """ \\d """\n', "    return '\\d'\n")


def test_mbpp_tests_are_joined_by_newlines(tmp_path: Path) -> None:
    assert row(tmp_path, MBPP).tests == "assert half(4) == 2\nassert half(2) == 1"


def test_mbpp_text_and_code_are_prompt_and_answer(tmp_path: Path) -> None:
    item = row(tmp_path, MBPP)
    assert (item.prompt, item.answer) == ("Write a function to halve a number.", "def half(x):\n  return x / 2")


def test_a_numeric_id_gets_the_name_of_its_file(tmp_path: Path) -> None:
    assert row(tmp_path, MBPP).key == "rows/601"


def test_rows_without_an_id_are_named_by_number(tmp_path: Path) -> None:
    holdout = load_items([write(tmp_path / "rows.jsonl", {"prompt": "one"}, {"prompt": "two"})])
    assert [item.key for item in holdout.items] == ["rows:1", "rows:2"]


def test_the_guess_is_said(tmp_path: Path) -> None:
    notes = load_items([write(tmp_path / "rows.jsonl", MBPP)]).notes
    assert "id = task_id, prompt = text, answer = code, tests = test_list (1 row)" in notes[0]


def test_columns_that_are_not_compared_are_named(tmp_path: Path) -> None:
    notes = load_items([write(tmp_path / "rows.jsonl", MBPP)]).notes
    assert "not compared: test_setup_code" in notes[0]


def test_case_of_column_names_does_not_matter(tmp_path: Path) -> None:
    assert row(tmp_path, {"Question": "why", "Answer": "so"}).answer == "so"


def test_a_blank_column_gives_way_to_the_next(tmp_path: Path) -> None:
    assert row(tmp_path, {"prompt": " ", "question": "why", "answer": "so"}).prompt == "why"


def test_query_is_the_answer_of_a_question(tmp_path: Path) -> None:
    item = row(tmp_path, {"question": "How many?", "query": "SELECT count(*) FROM t"})
    assert (item.prompt, item.answer) == ("How many?", "SELECT count(*) FROM t")


def test_query_alone_is_the_prompt(tmp_path: Path) -> None:
    item = row(tmp_path, {"query": "best tram to the harbour"})
    assert (item.prompt, item.answer) == ("best tram to the harbour", "")


def test_the_input_of_an_instruction_is_part_of_the_prompt(tmp_path: Path) -> None:
    item = row(tmp_path, {"instruction": "Translate.", "input": "good day", "output": "guten Tag"})
    assert (item.prompt, item.answer) == ("Translate.\ngood day", "guten Tag")


def test_a_number_is_text(tmp_path: Path) -> None:
    assert row(tmp_path, {"question": "six times seven", "answer": 42}).answer == "42"


def test_zero_is_text_too(tmp_path: Path) -> None:
    assert row(tmp_path, {"question": "one minus one", "answer": 0}).answer == "0"


def test_user_turns_are_the_prompt(tmp_path: Path) -> None:
    turns = [("system", "Be kind."), ("user", "one"), ("assistant", "1"), ("user", "two"), ("assistant", "2")]
    item = row(tmp_path, {"messages": [{"role": role, "content": text} for role, text in turns]})
    assert item.prompt == "one\ntwo"


def test_the_last_assistant_turn_is_the_answer(tmp_path: Path) -> None:
    turns = [("user", "one"), ("assistant", "1"), ("user", "two"), ("assistant", "2"), ("user", "thanks")]
    assert row(tmp_path, {"messages": [{"role": role, "content": text} for role, text in turns]}).answer == "2"


def test_sharegpt_turns_are_read(tmp_path: Path) -> None:
    item = row(tmp_path, {"conversations": [{"from": "human", "value": "one"}, {"from": "gpt", "value": "1"}]})
    assert (item.prompt, item.answer) == ("one", "1")


def test_content_in_parts_is_read(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "see"}, {"type": "image"}, {"type": "text", "text": "this"}]
    assert row(tmp_path, {"messages": [{"role": "user", "content": parts}]}).prompt == "see\nthis"


def test_a_prompt_may_be_a_list_of_messages(tmp_path: Path) -> None:
    item = row(tmp_path, {"prompt": [{"role": "user", "content": "one"}], "completion": [{"role": "assistant", "content": "1"}]})
    assert (item.prompt, item.answer) == ("one", "1")


def test_messages_that_are_none_are_broken(tmp_path: Path) -> None:
    holdout = load_items(
        [write(tmp_path / "rows.jsonl", {"messages": ["hello"]}, {"messages": [{"role": "user", "content": "a"}]})]
    )
    assert "expected a list of messages with role and content" in holdout.broken[0]


def test_a_dotted_name_reaches_into_objects(tmp_path: Path) -> None:
    values = {"question": "why", "final": {"answer": "so", "score": 1}}
    assert row(tmp_path, values, {"answer": "final.answer"}).answer == "so"


def test_a_dotted_name_reaches_into_lists_of_objects(tmp_path: Path) -> None:
    values = {"question": "why", "votes": [{"text": "so"}, {"text": "thus"}]}
    assert row(tmp_path, values, {"answer": "votes.text"}).answer == "so\nthus"


def test_a_column_with_a_dot_in_its_name_wins_over_nesting(tmp_path: Path) -> None:
    values = {"question": "why", "final.answer": "flat", "final": {"answer": "nested"}}
    assert row(tmp_path, values, {"answer": "final.answer"}).answer == "flat"


def test_the_map_wins_over_the_guess(tmp_path: Path) -> None:
    assert row(tmp_path, {"prompt": "short", "question": "long"}, {"prompt": "question"}).prompt == "long"


def test_a_mapped_column_plays_no_second_role(tmp_path: Path) -> None:
    item = row(tmp_path, {"code": "x = 1", "answer": "it sets x"}, {"prompt": "code"})
    assert (item.prompt, item.answer) == ("x = 1", "it sets x")


def test_a_wrong_column_says_what_was_meant(tmp_path: Path) -> None:
    said = refusal(write(tmp_path / "rows.jsonl", *ROWS), {"prompt": "questions"})
    assert "did you mean 'question'?" in said


def test_a_wrong_column_lists_those_that_are_there(tmp_path: Path) -> None:
    said = refusal(write(tmp_path / "rows.jsonl", {"id": 1, "final": {"answer": "so"}}), {"prompt": "nothing.like.it"})
    assert "the columns that are there: id, final, final.answer" in said


def test_a_wrong_role_lists_the_roles() -> None:
    said = refusal("basics", {"promt": "question"})
    assert "did you mean 'prompt'?" in said


def test_an_object_where_text_was_expected_is_broken(tmp_path: Path) -> None:
    holdout = load_items([write(tmp_path / "rows.jsonl", *ROWS, {"id": "c", "question": {"en": "three"}})])
    assert "rows.jsonl:3: question: expected text" in holdout.broken[0]


def test_an_object_where_text_was_expected_names_the_way_in(tmp_path: Path) -> None:
    holdout = load_items([write(tmp_path / "rows.jsonl", *ROWS, {"id": "c", "question": {"en": "three"}})])
    assert "prompt=question.en" in holdout.broken[0]


def test_a_row_without_text_is_broken_at_its_line(tmp_path: Path) -> None:
    holdout = load_items([write(tmp_path / "rows.jsonl", *ROWS, {"id": "c", "question": "  "})])
    assert "rows.jsonl:3: no text; expected it under prompt, question" in holdout.broken[0]


def test_a_line_that_is_no_json_is_broken_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"id": "a", "question": "one"}\n{"id": \n{"id": "c", "question": "three"}\n')
    holdout = load_items([str(tmp_path / "rows.jsonl")])
    assert ("rows.jsonl:2: not JSON" in holdout.broken[0], [item.key for item in holdout.items]) == (True, ["a", "c"])


def test_a_torn_first_line_is_broken_too(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"id": \n{"id": "c", "question": "three"}\n')
    holdout = load_items([str(tmp_path / "rows.jsonl")])
    assert "rows.jsonl:1: not JSON" in holdout.broken[0]


def test_a_line_that_is_no_object_is_broken(tmp_path: Path) -> None:
    holdout = load_items([write(tmp_path / "rows.jsonl", *ROWS, ["three"])])
    assert "rows.jsonl:3: expected an object" in holdout.broken[0]


def test_a_table_of_unknown_columns_is_refused(tmp_path: Path) -> None:
    said = refusal(write(tmp_path / "rows.jsonl", {"ctx": "a text", "label": 1}))
    assert "no column with text is known among ctx, label" in said


def test_a_duplicate_id_gets_a_suffix(tmp_path: Path) -> None:
    holdout = load_items([write(tmp_path / "rows.jsonl", ROWS[0], ROWS[0], ROWS[0])])
    assert [item.key for item in holdout.items] == ["a", "a#2", "a#3"]


def test_a_duplicate_id_is_said_with_its_place(tmp_path: Path) -> None:
    holdout = load_items([write(tmp_path / "rows.jsonl", ROWS[0], ROWS[0])])
    assert any("'a#2'" in note and "rows.jsonl:2" in note for note in holdout.notes)


def test_a_suffix_never_meets_a_real_id(tmp_path: Path) -> None:
    named = [{**ROWS[0], "id": name} for name in ("a", "a", "a#2")]
    keys = [item.key for item in load_items([write(tmp_path / "rows.jsonl", *named)]).items]
    assert len(set(keys)) == 3 and "a#2" in keys


def test_keys_are_unique_over_several_files(tmp_path: Path) -> None:
    holdout = load_items([write(tmp_path / "x.jsonl", ROWS[0]), write(tmp_path / "y.jsonl", ROWS[0])])
    assert [item.key for item in holdout.items] == ["a", "a#2"]


def test_a_holdout_given_twice_is_read_once(tmp_path: Path) -> None:
    file = write(tmp_path / "rows.jsonl", *ROWS)
    assert len(load_items([file, str(tmp_path / "." / "rows.jsonl")]).items) == 2


@pytest.mark.parametrize("name", ["rows.json", "rows.jsonl", "rows"])
def test_a_json_array_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(json.dumps(ROWS, indent=1))
    assert [item.key for item in load_items([str(tmp_path / name)]).items] == ["a", "b"]


def test_rows_inside_an_object_are_read(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(json.dumps({"version": 1, "data": ROWS}))
    assert [item.key for item in load_items([str(tmp_path / "rows.json")]).items] == ["a", "b"]


def test_objects_by_id_are_read(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(json.dumps({"q/1": {"question": "one"}, "q/2": {"question": "two"}}, indent=1))
    assert [item.key for item in load_items([str(tmp_path / "rows.json")]).items] == ["q/1", "q/2"]


def test_a_damaged_json_array_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text('[\n{"id": 1,\n]')
    assert "rows.json:3: not JSON" in refusal(str(tmp_path / "rows.json"))


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_bytes(b"\xef\xbb\xbf" + json.dumps(ROWS[0]).encode())
    assert only(str(tmp_path / "rows.jsonl")).key == "a"


def test_gzip_is_read(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl.gz").write_bytes(gzip.compress(json.dumps(ROWS[0]).encode()))
    assert only(str(tmp_path / "rows.jsonl.gz")).key == "a"


def test_zstandard_is_read_over_all_its_frames(tmp_path: Path) -> None:
    frames = [zstandard.compress(json.dumps(values).encode() + b"\n") for values in ROWS]
    (tmp_path / "rows.jsonl.zst").write_bytes(b"".join(frames))
    assert len(load_items([str(tmp_path / "rows.jsonl.zst")]).items) == 2


@pytest.mark.parametrize("name", ["rows.jsonl.gz", "rows.jsonl.zst"])
def test_a_cut_off_compressed_file_is_refused(tmp_path: Path, name: str) -> None:
    data = b"".join(json.dumps({"prompt": f"{n * 7919 % 1000003} text"}).encode() + b"\n" for n in range(3000))
    packed = gzip.compress(data) if name.endswith("gz") else zstandard.compress(data)
    (tmp_path / name).write_bytes(packed[: len(packed) // 2])
    assert f"{name}: cannot be read" in refusal(str(tmp_path / name))


def test_parquet_is_read_with_its_nested_columns(tmp_path: Path) -> None:
    table = arrow.table({"task_id": [11], "text": ["halve"], "test_list": [["assert a", "assert b"]]})
    parquet.write_table(table, tmp_path / "rows.parquet")
    item = only(str(tmp_path / "rows.parquet"))
    assert (item.key, item.prompt, item.tests) == ("rows/11", "halve", "assert a\nassert b")


def test_a_file_that_only_says_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_bytes(b"hello")
    assert "rows.parquet: not Parquet" in refusal(str(tmp_path / "rows.parquet"))


def test_csv_cells_over_many_lines_keep_their_line_number(tmp_path: Path) -> None:
    with (tmp_path / "rows.csv").open("w", newline="") as handle:
        csv.writer(handle).writerows([["id", "question"], ["a", "one\ntwo"], ["b", "three"]])
    holdout = load_items([str(tmp_path / "rows.csv")])
    assert [(item.prompt, item.place.rpartition(":")[2]) for item in holdout.items] == [("one\ntwo", "2"), ("three", "4")]


def test_a_long_csv_cell_is_read(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(f"id,question\na,{'word ' * 60_000}\n")
    assert len(only(str(tmp_path / "rows.csv")).prompt) == 300_000


def test_tabs_separate_tsv(tmp_path: Path) -> None:
    (tmp_path / "rows.tsv").write_text("id\tquestion\na\tone, two\n")
    assert only(str(tmp_path / "rows.tsv")).prompt == "one, two"


def test_a_csv_row_of_another_length_is_broken(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("id,question\na,one\nb,two,three\n")
    assert load_items([str(tmp_path / "rows.csv")]).broken == (
        f"{tmp_path}/rows.csv:3: expected 2 cells (id, question), found 3",
    )


def test_a_quote_that_is_never_closed_is_broken(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text('id,question\na,one\nb,"two\nc,three\n')
    holdout = load_items([str(tmp_path / "rows.csv")])
    assert "rows.csv:3: not CSV" in holdout.broken[0]


def test_quotes_in_quotes_on_one_line_are_read(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text('id,question\na,"Is it "in stock" today?"\n')
    assert "in stock" in only(str(tmp_path / "rows.csv")).prompt


def test_an_empty_file_has_no_items(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("")
    holdout = load_items([str(tmp_path / "rows.jsonl")])
    assert (holdout.items, holdout.broken) == ((), ())


def test_no_holdout_has_no_items() -> None:
    assert load_items([]).items == ()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert refusal(str(tmp_path / "gone.jsonl")).startswith(f"{tmp_path}/gone.jsonl: no such file")


def test_a_misspelt_file_is_guessed(tmp_path: Path) -> None:
    write(tmp_path / "questions.jsonl", *ROWS)
    assert f"did you mean '{tmp_path}/questions.jsonl'?" in refusal(str(tmp_path / "question.jsonl"))


def test_a_misspelt_importer_is_guessed() -> None:
    assert "did you mean 'humaneval:data'?" in refusal("humanevla:data")


def test_a_folder_that_is_no_suite_names_the_tables_in_it(tmp_path: Path) -> None:
    write(tmp_path / "rows.jsonl", *ROWS)
    assert "found rows.jsonl: give such a file directly" in refusal(str(tmp_path))


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    assert "'.txt' names no table" in refusal(str(tmp_path / "notes.txt"))


def test_the_items_of_a_suite_are_what_nothing_may_be_trained_on(tmp_path: Path) -> None:
    items = load_items([suite(tmp_path)]).items
    assert [(item.key, item.split) for item in items] == [
        ("mine/basket", "dev"),
        ("mine/harbour", "final"),
        ("mine/island", "holdout"),
    ]
    item = items[2]
    assert (item.key, item.prompt, item.answer, item.tests) == ("mine/island", "Say island.", "x = 1\n", "assert x == 1\n")


def test_a_suites_group_carries_the_suites_name(tmp_path: Path) -> None:
    assert load_items([suite(tmp_path)]).items[2].group == "mine/g-island"


def test_training_tasks_are_others(tmp_path: Path) -> None:
    assert {(item.key, item.split) for item in load_items([suite(tmp_path)]).others} == {("mine/anchor", "train")}


def test_a_suite_without_a_holdout_is_said(tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text("name: mine\n")
    write_task(tmp_path / "w", split="train", group="g", prompt="Say it.", golden="x = 1\n", checks="assert x == 1\n")
    assert any("no task has split: holdout (train: 1)" in note for note in load_items([str(tmp_path)]).notes)


def test_a_shipped_suite_goes_by_its_name() -> None:
    assert all(item.key.startswith("basics/") for item in load_items(["basics"]).items)


def test_an_importer_reads_its_benchmark(tmp_path: Path) -> None:
    write(tmp_path / "HumanEval.jsonl", HUMANEVAL)
    assert only(f"humaneval:{tmp_path}").key == "humaneval/7"


def test_a_map_without_a_table_is_said() -> None:
    assert any("column map is not used" in note for note in load_items(["basics"], {"prompt": "x"}).notes)


@pytest.mark.parametrize(("name", "count"), [("mbpp/mbpp.jsonl", 974), ("mbpp/sanitized-mbpp.json", 427)])
def test_all_of_the_real_mbpp_is_read(name: str, count: int) -> None:
    holdout = load_items([the_real(name)])
    assert (sum(bool(i.prompt and i.answer and i.tests) for i in holdout.items), holdout.broken) == (count, ())


def test_every_real_humaneval_answer_is_whole() -> None:
    items = load_items([the_real("humaneval/HumanEval.jsonl.gz")]).items
    assert sum(item.answer.startswith(item.prompt) for item in items) == 164


def test_duplicates_between_splits_of_the_real_mbpp_are_counted() -> None:
    holdout = load_items([f"mbpp:{the_real('mbpp/mbpp.jsonl')}"])
    assert duplicate_counts(build_index(holdout.items), holdout.others) == {
        "holdout x holdout near": 7,
        "dev x holdout near": 14,
        "train x holdout near": 41,
        "train x dev near": 15,
    }


# Guesses that compare nothing real

LONG = [f"Given {n} rivers and the bridges over each, tell on how many days a ship of {n} masts can pass." for n in (3, 4, 5)]


@pytest.mark.parametrize(
    "rows",
    [
        [{"prompt": "Solve the task below", "problem": text} for text in LONG],
        [{"prompt": "Solve the task below", "problem": text, "answer": f"def f{n}(): return {n}"} for n, text in enumerate(LONG)],
        [{"prompt": f"Task {n}", "problem": text} for n, text in enumerate(LONG)],
        [{"prompt": "Solve the task below", "problem": LONG[0]}],
        [
            {"prompt": "You are an expert programmer. Solve the task that is given below.", "spec": {"body": text}}
            for text in LONG
        ],
        [{"question": "Q", "body": text} for text in LONG],
    ],
)
def test_a_guess_that_compares_nothing_real_is_refused_and_lists_the_columns(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    better = list(rows[0])[1]
    message = refusal(write(tmp_path / "rows.jsonl", *rows))
    assert f"the columns are {', '.join(rows[0])}" in message and f"--holdout-column prompt={better}" in message
    mapped = {"prompt": better if isinstance(rows[0][better], str) else f"{better}.body"}
    assert load_items([write(tmp_path / "rows.jsonl", *rows)], mapped).items[0].prompt == LONG[0]


@pytest.mark.parametrize(
    "rows",
    [
        [{"prompt": text, "note": "the same note of ten words beside each of them, always"} for text in LONG],
        [{"prompt": f"Write f{n}", "canonical_solution": text, "explanation": text[::-1]} for n, text in enumerate(LONG)],
        [{"prompt": f"Reverse list {n}", "answer": "x[::-1]"} for n in range(3)],
        [{"prompt": "Reverse the list", "answer": "x[::-1]"}],
    ],
)
def test_a_guess_that_compares_something_is_taken(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    assert len(load_items([write(tmp_path / "rows.jsonl", *rows)]).items) == len(rows)
