"""``goldloop audit`` as a user meets it: exit codes, messages, hints, Ctrl-C, a full disk.

What is found, and where, is in ``test_decontam_audit``.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
import zstandard
from conftest import WriteSuite
from sandbox_requirements import unavailable

import decontam.audit.scan
import loop.verbs.audit
from loop.app import app
from loop.cli import main

REPOSITORY = Path(__file__).parents[1]
LAMP = {
    "task_id": "lamp/1",
    "prompt": "Write a function lamp_hours that adds the burning hours of every lighthouse lamp in the ledger, leaving out those "
    "lamps which the keeper has marked as broken.",
    "canonical_solution": "def lamp_hours(ledger):\n    total = 0\n    for lamp in ledger:\n        if lamp['broken']:\n"
    "            continue\n        total += lamp['hours']\n    return round(total, 2)\n",
    "test": "assert lamp_hours([{'broken': False, 'hours': 4.5}, {'broken': True, 'hours': 9}]) == 4.5\n",
}
FERRY = {
    "task_id": "ferry/2",
    "prompt": "Given the departures and arrivals of a ferry as pairs of minutes, merge all that overlap.",
}
FILLER = [
    f"The {bird} was seen near the old mill, and nobody could say why it stayed all year." for bird in ("heron", "crow", "owl")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the command ended; white space is folded, because the terminal wraps."""

    code: int
    raw: str
    err: str

    @property
    def out(self) -> str:
        return fold(self.raw)

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.raw)
        return value

    @property
    def next(self) -> str:
        return self.err.partition("next: ")[2]


Run = Callable[..., Outcome]


def fold(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``goldloop audit`` in a folder with holdout.jsonl, clean.jsonl and leaky.jsonl, which leaks in row 2."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    lines("holdout.jsonl", [LAMP, FERRY])
    texts("clean.jsonl", *FILLER)
    texts("leaky.jsonl", FILLER[0], LAMP["prompt"], FILLER[1])

    def call(train: str | Sequence[str], *arguments: str, holdout: str = "holdout.jsonl") -> Outcome:
        names = [train] if isinstance(train, str) else train
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main(["audit", *(part for name in names for part in ("--train", name)), "--holdout", holdout, *arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        assert "internal" not in err
        return Outcome(code=int(caught.value.code or 0), raw=out, err=fold(err))

    return call


def lines(name: str, rows: Sequence[Mapping[str, object] | str]) -> None:
    """JSONL in the working folder; a string is a line as it is."""
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8")


def texts(name: str, *rows: str) -> None:
    lines(name, [{"text": row} for row in rows])


# Exit codes and the closing words.


@pytest.mark.parametrize(("name", "code", "verdict"), [("clean", 0, "clean"), ("leaky", 2, "leaks"), ("torn", 3, "inconclusive")])
def test_the_exit_code_is_the_verdict(run: Run, name: str, code: int, verdict: str) -> None:
    lines("torn.jsonl", [{"text": FILLER[0]}, "torn"])
    outcome = run(f"{name}.jsonl")
    assert outcome.code == code
    assert f" {verdict}: " in outcome.out


@pytest.mark.parametrize(("name", "code"), [("clean", 0), ("leaky", 2)])
def test_json_is_one_document_with_the_verdict(run: Run, name: str, code: int) -> None:
    outcome = run(f"{name}.jsonl", "--json")
    assert (outcome.code, outcome.json["leaking_rows"], outcome.json["rows"]) == (code, code // 2, 3)
    assert outcome.json["files"][0]["columns"] == ["text"]


def test_json_is_what_summary_json_says(run: Run) -> None:
    outcome = run("leaky.jsonl", "--json", "--out", "found")
    written = json.loads(Path("found/summary.json").read_bytes())
    assert outcome.json == {**written, "out": "found", "clean": None}


def test_the_terminal_shows_place_item_part_and_words(run: Run) -> None:
    outcome = run("leaky.jsonl")
    assert "leaky.jsonl:2 text lamp/1 prompt, text strict, 100%" in outcome.out
    assert "Write a function lamp_hours" in outcome.out


def test_the_terminal_says_which_columns_were_guessed_on_both_sides(run: Run) -> None:
    outcome = run("clean.jsonl")
    assert "clean.jsonl text 3 0 0 0" in outcome.out
    assert "holdout.jsonl: id = task_id, prompt = prompt, answer = canonical_solution, tests = test (1 row)" in outcome.out


def test_the_terminal_says_what_the_method_cannot_see(run: Run) -> None:
    assert "do not see paraphrases" in run("clean.jsonl").out


def test_the_terminal_locates_a_row_that_could_not_be_read(run: Run) -> None:
    lines("torn.jsonl", [{"text": FILLER[0]}, "torn"])
    assert re.search(r"torn\.jsonl:2\b|row 2\b", run("torn.jsonl").out)


def test_names_of_items_and_files_are_no_markup(run: Run) -> None:
    lines("holdout.jsonl", [{**LAMP, "task_id": "[red]x[/] [/bold]"}])
    Path("leaky.jsonl").rename("[bold]a[red].jsonl")
    outcome = run("[bold]a[red].jsonl")
    assert "[bold]a[red].jsonl:2 text [red]x[/] [/bold] prompt" in outcome.out


def test_the_next_command_for_a_leak_cleans_with_the_same_arguments(run: Run) -> None:
    Path("my data").mkdir()
    Path("leaky.jsonl").rename("my data/leaky.jsonl")
    outcome = run("my data/*.jsonl", "--text-column", "text", "--coverage", "0.2")
    words = shlex.split(outcome.next)
    assert words[:4] == ["goldloop", "audit", "--train", "my data/*.jsonl"]
    assert {"--text-column", "--coverage", "--clean"} <= set(words)


def test_the_next_command_after_cleaning_ends_clean(run: Run) -> None:
    outcome = run("leaky.jsonl", "--clean", "cleaned")
    words = shlex.split(outcome.next)
    assert words[:2] == ["goldloop", "audit"]
    with pytest.raises(SystemExit) as caught:
        main(words[1:])
    assert caught.value.code == 0


def test_help_names_all_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["audit", "--help"])
    assert re.search(r"0 clean, 2 leaks found, 3 inconclusive, 4 bad input", fold(capsys.readouterr().out))


# Training data by any name.


@pytest.mark.parametrize(
    "given", [["in/a", "in/b"], ["in"], ["in/*/*.jsonl"], ["in/**/*.jsonl"], ["in/a/t.jsonl", "in/b/t.jsonl"]]
)
def test_folders_globs_and_files_are_the_same_files(run: Run, given: list[str]) -> None:
    texts("in/a/t.jsonl", FILLER[0], LAMP["prompt"])
    texts("in/b/t.jsonl", FILLER[1])
    outcome = run(given, "--json")
    assert [(file["file"], file["leaking"]) for file in outcome.json["files"]] == [("in/a/t.jsonl", 1), ("in/b/t.jsonl", 0)]


def test_a_dataset_by_name_is_read_or_its_absence_explained(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    outcome = run("hf:someone/something")
    assert outcome.code == 4
    assert "pip install datasets (in a checkout of goldloop: pip install -e '.[datasets]')" in outcome.err


def test_a_dataset_on_the_disk_is_read(run: Run) -> None:
    try:
        import datasets
    except ImportError as error:
        unavailable("datasets", str(error))
        raise
    datasets.Dataset.from_list([{"text": LAMP["prompt"]}]).save_to_disk("saved")
    assert run("saved").code == 2


def test_max_broken_moves_the_line(run: Run) -> None:
    lines("torn.jsonl", [{"text": FILLER[0]}, "torn"])
    assert (run("torn.jsonl", "--max-broken", "0.5").code, run("torn.jsonl", "--max-broken", "0.4").code) == (0, 3)


def test_boilerplate_hides_what_stands_in_many_rows(run: Run) -> None:
    texts("many.jsonl", *(f"{LAMP['prompt']} {text}" for text in FILLER))
    assert (run("many.jsonl").code, run("many.jsonl", "--boilerplate", "2").code) == (2, 0)


def test_a_channel_can_be_left_out(run: Run) -> None:
    assert run("leaky.jsonl", "--channel", "code").code == 0


@pytest.mark.parametrize("threads", ["0", "1", "3"])
def test_any_number_of_threads_finds_the_same(run: Run, threads: str) -> None:
    outcome = run("leaky.jsonl", "--threads", threads, "--json")
    assert (outcome.code, outcome.json["matches"]) == (2, {"text strict": 1})


# Holdouts by any name.


def test_a_suite_is_a_holdout_and_its_train_tasks_are_none(run: Run, write_suite: WriteSuite) -> None:
    suite = str(write_suite(train=2, holdout=2))
    task = "Write `codes_{0}()`, the {0} word. Not {0}s, {0}ish, {0}like, {0}less, {0}y, {0}ed, {0}ing, {0}ful, {0}let."
    texts("holdout-task.jsonl", task.format("island"))
    texts("train-task.jsonl", task.format("anchor"))
    assert [run(f"{name}.jsonl", holdout=suite).code for name in ("holdout-task", "train-task")] == [2, 0]


def test_a_shipped_suite_is_a_holdout(run: Run) -> None:
    outcome = run("clean.jsonl", "--json", holdout="house")
    assert outcome.code == 0
    assert outcome.json["items"] > 50


def test_humaneval_is_a_holdout(run: Run) -> None:
    body = LAMP["canonical_solution"].partition("\n")[2]
    row = {
        "task_id": "HumanEval/0", "entry_point": "lamp_hours", "prompt": f'def lamp_hours(ledger):\n    """{LAMP["prompt"]}"""\n',
        "canonical_solution": body, "test": "def check(candidate):\n    assert candidate([]) == 0\n",
    }  # fmt: skip
    Path("HumanEval.jsonl.gz").write_bytes(gzip.compress(json.dumps(row).encode()))
    for holdout in ("humaneval:HumanEval.jsonl.gz", "HumanEval.jsonl.gz"):
        assert run("leaky.jsonl", holdout=holdout).code == 2


def test_mbpp_is_a_holdout(run: Run) -> None:
    row = {"task_id": 11, "text": LAMP["prompt"], "code": LAMP["canonical_solution"], "test_list": [LAMP["test"].strip()],
           "test_setup_code": "", "challenge_test_list": []}  # fmt: skip
    lines("mbpp.jsonl", [row])
    for holdout in ("mbpp:mbpp.jsonl", "mbpp.jsonl"):
        assert run("leaky.jsonl", holdout=holdout).code == 2


def test_several_holdouts_are_one(run: Run) -> None:
    lines("more.jsonl", [{"task_id": "owl", "prompt": FILLER[2]}])
    outcome = run("clean.jsonl", "--holdout", "more.jsonl", "--json")
    assert (outcome.code, outcome.json["items"], outcome.json["leaked_items"]) == (2, 3, 1)


def test_a_column_map_names_the_parts_of_a_holdout(run: Run) -> None:
    lines("odd.jsonl", [{"nr": "a1", "frage": LAMP["prompt"]}])
    assert run("leaky.jsonl", holdout="odd.jsonl").code == 4
    outcome = run("leaky.jsonl", "--holdout-column", "id=nr", "--holdout-column", "prompt=frage", holdout="odd.jsonl")
    assert outcome.code == 2
    assert "a1 prompt" in outcome.out


def test_a_duplicate_in_the_holdout_is_said(run: Run) -> None:
    lines("holdout.jsonl", [LAMP, {**LAMP, "task_id": "again"}, FERRY])
    assert "duplicates holdout x holdout exact: 1 item" in run("clean.jsonl").out


# Bad input: one message, exit code 4 or 3, nothing written.

BAD: dict[str, tuple[str, list[str], int, str]] = {
    "missing": ("cleen.jsonl", [], 4, r"cleen\.jsonl: no such file or folder; did you mean clean\.jsonl"),
    "no match": ("x*.jsonl", [], 4, r"x\*\.jsonl: no file matches"),
    "empty folder": ("empty-folder", [], 4, r"empty-folder: nothing to read"),
    "link to itself": ("self", [], 4, r"self: (?!no such file or folder; did you mean self).*(link|loop)"),
    "no name": ("", [], 4, r"--train"),
    "binary": ("noise.bin", [], 4, r"noise\.bin: a binary file"),
    "wrong column": ("clean.jsonl", ["--text-column", "body"], 4, r"clean\.jsonl: no text column 'body'; there are text"),
    "wrong column of parquet": ("t.parquet", ["--text-column", "txt"], 4, r"t\.parquet: no text column 'txt' .*mean 'text'"),
    "wrong part": ("clean.jsonl", ["--holdout-column", "promt=prompt"], 4, r"'promt' is unknown; did you mean 'prompt'\?"),
    "wrong holdout column": (
        "clean.jsonl", ["--holdout-column", "prompt=frage"], 4, r"'frage' is unknown.* that are there: task_id, prompt",
    ),
    "no column": ("clean.jsonl", ["--holdout-column", "prompt"], 4, r"--holdout-column prompt: expected PART=COLUMN"),
    "wrong channel": ("clean.jsonl", ["--channel", "txt"], 4, r"--channel txt: expected text or code"),
    "threads": ("clean.jsonl", ["--threads", "-1"], 4, r"--threads"),
    "share": ("clean.jsonl", ["--max-broken", "1.5"], 4, r"--max-broken"),
    "semantic without out": ("clean.jsonl", ["--semantic", "x"], 4, r"give --out DIR"),
    "out is a file": ("clean.jsonl", ["--out", "clean.jsonl"], 4, r"clean\.jsonl: .*nothing is overwritten"),
    "out is full": ("clean.jsonl", ["--out", "full"], 4, r"full: .*nothing is overwritten"),
    "clean is full": ("leaky.jsonl", ["--clean", "full"], 4, r"full: not empty, and nothing is overwritten"),
    "clean is the input": ("leaky.jsonl", ["--clean", "."], 4, r"nothing is overwritten"),
    "index is a table": ("clean.jsonl", ["--index", "clean.jsonl"], 4, r"clean\.jsonl: not an index that goldloop wrote"),
    "index is a folder": ("clean.jsonl", ["--index", "full"], 4, r"full"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_ends_with_a_message_and_writes_nothing(run: Run, case: str) -> None:
    train, arguments, code, message = BAD[case]
    for name in ("full", "empty-folder"):
        Path(name).mkdir()
    Path("full/mine.txt").write_text("mine")
    Path("self").symlink_to("self")
    Path("noise.bin").write_bytes(bytes(range(256)))
    pq.write_table(pa.table({"text": FILLER, "length": [len(text) for text in FILLER]}), "t.parquet")
    before = {path: path.stat().st_mtime_ns for path in Path().rglob("*") if path.is_file()}
    outcome = run(train, *arguments)
    assert outcome.code == code, outcome.err
    assert re.search(message, outcome.err), outcome.err
    assert "clean:" not in outcome.out
    assert {path: path.stat().st_mtime_ns for path in Path().rglob("*") if path.is_file()} == before


DAMAGED: dict[str, Callable[[bytes], bytes]] = {
    "t.jsonl": lambda data: b"",
    "u.jsonl": lambda data: bytes(range(256)) * 3,
    "t.jsonl.gz": lambda data: gzip.compress(data)[:-20],
    "t.jsonl.zst": lambda data: zstandard.compress(data)[:-20],
    "t.parquet": lambda data: b"PAR1" + data,
    "t.csv": lambda data: b'text,n\n"a,1\nb,2\n',
    "t.json": lambda data: b'[{"text": "a"}, {"text": ',
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_never_clean(run: Run, name: str) -> None:
    Path(name).write_bytes(DAMAGED[name](Path("clean.jsonl").read_bytes() * 50))
    outcome = run(name, "--max-broken", "0.5")
    assert outcome.code in (3, 4)
    assert name in outcome.out + outcome.err


@pytest.mark.parametrize(
    "content", ["", "torn\n", json.dumps({"task_id": "x", "prompt": "too short"}) + "\n"], ids=["empty", "torn", "short"]
)
def test_a_holdout_of_which_nothing_can_be_found_is_inconclusive(run: Run, content: str) -> None:
    Path("holdout.jsonl").write_text(content)
    outcome = run("clean.jsonl")
    assert outcome.code == 3
    assert "holdout" in outcome.err


def test_a_torn_holdout_says_where_it_is_torn(run: Run) -> None:
    Path("holdout.jsonl").write_text("torn\n")
    assert "holdout.jsonl:1" in run("clean.jsonl").err


def test_an_unreadable_holdout_row_is_inconclusive(run: Run) -> None:
    lines("holdout.jsonl", [LAMP, "torn"])
    outcome = run("clean.jsonl")
    assert outcome.code == 3
    assert "holdout.jsonl:2: not JSON" in outcome.out


def test_a_holdout_that_is_not_there_lists_the_suites(run: Run) -> None:
    outcome = run("clean.jsonl", holdout="hause")
    assert outcome.code == 4
    assert "did you mean 'house'?" in outcome.err


@pytest.mark.parametrize("missing", ["--train", "--holdout"])
def test_what_is_missing_is_named(capsys: pytest.CaptureFixture[str], missing: str) -> None:
    there = {"--train": "--holdout", "--holdout": "--train"}[missing]
    with pytest.raises(SystemExit) as caught:
        main(["audit", there, "x"])
    assert caught.value.code == 4
    assert f"Missing option '{missing}'" in capsys.readouterr().err


def test_an_internal_fault_shows_its_traceback_only_with_debug(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(decontam.audit.scan, "find_matches", broken)
    with pytest.raises(SystemExit) as caught:
        main(["audit", "--train", "clean.jsonl", "--holdout", "holdout.jsonl"])
    assert caught.value.code == 1
    with pytest.raises(RuntimeError, match="a bug"):
        main(["audit", "--train", "clean.jsonl", "--holdout", "holdout.jsonl", "--debug"])


# What is written.


def test_results_and_cleaned_files_are_written_and_their_places_said(run: Run) -> None:
    outcome = run("leaky.jsonl", "--out", "found", "--clean", "cleaned")
    found, cleaned = (sorted(path.name for path in Path(name).iterdir()) for name in ("found", "cleaned"))
    assert found == ["documents.parquet", "items.parquet", "matches.parquet", "report.html", "summary.json", "texts.jsonl"]
    assert cleaned == ["leaky.jsonl", "manifest.json", "removed.jsonl"]
    assert "report: found/report.html" in outcome.out


def test_the_same_audit_twice_refuses_the_second_and_keeps_the_first(run: Run) -> None:
    run("leaky.jsonl", "--out", "found", "--clean", "cleaned")
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    for arguments in (["--out", "found"], ["--clean", "cleaned"], ["--out", "found", "--clean", "cleaned"]):
        assert run("leaky.jsonl", *arguments).code == 4
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before


def test_one_folder_for_results_and_cleaned_files_is_refused_before_the_audit(run: Run) -> None:
    assert run("leaky.jsonl", "--out", "both", "--clean", "both").code == 4
    assert not Path("both").exists()


# A saved index.


def test_an_index_is_written_and_used_again(run: Run) -> None:
    first = run("leaky.jsonl", "--index", "holdout.idx", "--json").json
    when = Path("holdout.idx").stat().st_mtime_ns
    again = run("leaky.jsonl", "--index", "holdout.idx", "--json").json
    assert Path("holdout.idx").stat().st_mtime_ns == when
    assert {**first, "seconds": 0, "megabytes_per_second": 0} == {**again, "seconds": 0, "megabytes_per_second": 0}


def test_an_index_of_another_holdout_is_refused(run: Run) -> None:
    run("leaky.jsonl", "--index", "holdout.idx")
    lines("holdout.jsonl", [{**LAMP, "test": "assert lamp_hours([]) == 0"}, FERRY])
    outcome = run("leaky.jsonl", "--index", "holdout.idx")
    assert outcome.code == 4
    assert "the index was made of another holdout" in outcome.err


def test_an_index_of_another_rule_is_refused_with_what_differs(run: Run) -> None:
    run("leaky.jsonl", "--index", "holdout.idx")
    outcome = run("leaky.jsonl", "--index", "holdout.idx", "--unique", "4")
    assert outcome.code == 4
    assert "another rule (unique)" in outcome.err


def test_a_damaged_index_is_refused(run: Run) -> None:
    run("leaky.jsonl", "--index", "holdout.idx")
    Path("holdout.idx").write_text(Path("holdout.idx").read_text().replace("lighthouse", "lightmouse"))
    outcome = run("leaky.jsonl", "--index", "holdout.idx")
    assert outcome.code == 4
    assert "the index is damaged" in outcome.err


# Processes: Ctrl-C, no space.


def child(folder: Path, *arguments: str, file_bytes: int = 0) -> subprocess.Popen[str]:
    """``python -m loop audit`` in a folder; ``file_bytes``: the largest file that it may write."""

    def limit() -> None:
        if file_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
    command = [sys.executable, "-m", "loop", "audit", "--holdout", "holdout.jsonl", *arguments]
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=limit
    )


def endless(name: str, *first: str) -> None:
    """Gigabytes of harmless rows after the first ones, in a few kilobytes: the same zstandard frame again and again."""
    rows = "".join(json.dumps({"text": f"{text} {number}"}) + "\n" for number in range(30_000) for text in FILLER)
    start = "".join(json.dumps({"text": text}) + "\n" for text in (*first, *FILLER))
    Path(name).write_bytes(zstandard.compress(start.encode()) + zstandard.compress(rows.encode()) * 200)


def wait_for_rows(process: subprocess.Popen[str], out: Path) -> None:
    """Until the first rows are in the results; long, because the kernels may have to be compiled."""
    deadline = time.monotonic() + 180
    while process.poll() is None and not any(part.stat().st_size > 1000 for part in out.glob("**/part-*.parquet")):
        assert time.monotonic() < deadline, "the audit did not begin"
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize(("first", "verdict"), [((), "inconclusive"), ((LAMP["prompt"],), "leaks")], ids=["clean", "leaky"])
def test_ctrl_c_leaves_partial_results_marked_as_partial(run: Run, tmp_path: Path, first: tuple[str, ...], verdict: str) -> None:
    endless("big.jsonl.zst", *first)
    process = child(tmp_path, "--train", "big.jsonl.zst", "--out", "found", "--clean", "cleaned", "--threads", "2")
    try:
        wait_for_rows(process, tmp_path / "found")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == loop.verbs.audit.INTERRUPTED, err
    assert "Traceback" not in err
    assert "interrupted" in out
    assert not (tmp_path / "cleaned").exists()
    summary = json.loads((tmp_path / "found" / "summary.json").read_bytes())
    assert (summary["partial"], summary["verdict"]) == (True, verdict)
    assert summary["rows"] > 0
    assert pq.read_table(tmp_path / "found" / "matches.parquet").num_rows == len(first)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSpace:
    """How an audit ended whose results found no space in ``out``."""

    code: int
    err: str
    out: Path


@pytest.fixture(scope="module")
def no_space(tmp_path_factory: pytest.TempPathFactory) -> NoSpace:
    folder = tmp_path_factory.mktemp("no_space")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        lines("holdout.jsonl", [LAMP, FERRY])
        texts("many.jsonl", *(text for text in FILLER * 2000))
    process = child(folder, "--train", "many.jsonl", "--out", "found", file_bytes=2048)
    _, err = process.communicate(timeout=60)
    return NoSpace(code=process.returncode, err=fold(err), out=folder / "found")


@pytest.mark.slow
def test_no_space_for_the_results_is_said_and_nothing_looks_whole(no_space: NoSpace) -> None:
    assert (no_space.code, "no space left" in no_space.err) == (4, True), no_space.err
    assert not (no_space.out / "summary.json").exists()


def test_no_space_shows_no_traceback(no_space: NoSpace) -> None:
    assert "Traceback" not in no_space.err


def test_no_space_says_where_and_sends_nobody_to_another_verb(no_space: NoSpace) -> None:
    assert "found" in no_space.err
    assert "goldloop resume" not in no_space.err


@pytest.mark.slow
def test_no_space_for_the_cleaned_files_is_said_and_nothing_looks_whole(run: Run, tmp_path: Path) -> None:
    texts("many.jsonl", LAMP["prompt"], *(f"{os.urandom(200).hex()} {text}" for text in FILLER * 200))
    process = child(tmp_path, "--train", "many.jsonl", "--clean", "cleaned", file_bytes=65536)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 4, err
    assert "Traceback" not in err
    assert re.search(r"cleaned/many\.jsonl.*no space left", fold(err)), err
    assert not [path for path in tmp_path.glob("cleaned/*") if path.name in ("many.jsonl", "manifest.json")]


def test_a_folder_that_cannot_be_made_is_said(run: Run) -> None:
    outcome = run("clean.jsonl", "--out", "clean.jsonl/found")
    assert outcome.code == 4
    assert "clean.jsonl" in outcome.err


def test_every_option_of_the_audit_is_on_its_page() -> None:
    section = (Path(__file__).parents[1] / "docs" / "audit.md").read_text(encoding="utf-8")
    command = typer.main.get_command(app).commands["audit"]  # type: ignore[attr-defined]
    options = [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
    assert [option for option in options if f"`{option}" not in section and f"{option} " not in section] == []
    assert len(options) > 10
