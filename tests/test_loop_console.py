"""What the command line prints beside results: life signs, rows of queries, completion, the next command."""

from __future__ import annotations

import csv
import io
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
import yaml
from command_line import Ended
from conftest import WriteSuite

from evals.files import read_json
from evals.records import Task
from evals.stats import Comparison, Interval, compare, wilson
from loop.cli import main
from loop.closing import Conditions, basis_words, conditions_words, effective_tasks, prompts_digest, verdict_words
from loop.gate import Line
from loop.machine import Making, machine_facts
from loop.stage import stage

pytestmark = pytest.mark.usefixtures("self_test_once")

Run = Callable[..., Ended]
REPOSITORY = Path(__file__).parents[1]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()

    def call(*arguments: str) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main(list(arguments))
        out, err = capsys.readouterr()
        return Ended(int(caught.value.code or 0), out, err)

    return call


def python(code: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    full = {**os.environ, "PYTHONPATH": str(REPOSITORY), **environment}
    return subprocess.run([sys.executable, "-c", code], cwd=cwd, env=full, capture_output=True, text=True, check=False)


WORK = """
import time
from loop.console import Bars
bars = Bars(every_seconds=0.5, quiet=QUIET)
bars.start("evaluate", 10, "attempts")
for _ in range(3):
    time.sleep(0.6)
    bars.advance()
bars.finish()
time.sleep(1.2)
"""


def test_long_work_gives_signs_of_life_where_no_terminal_is(tmp_path: Path) -> None:
    ended = python(WORK.replace("QUIET", "False"), tmp_path)
    *signs, last = ended.stderr.splitlines()
    assert len(signs) == 3
    assert signs[0] == "  evaluate: 0 of 10 attempts, 0.0 attempts/s, time left unknown"
    assert re.fullmatch(r"  evaluate: 2 of 10 attempts, 1\.\d attempts/s, [56] s left", signs[2])
    assert last.startswith("  done evaluate: 3 attempts in 2 s")
    assert ended.stdout == ""


def test_json_output_has_no_signs_of_life(tmp_path: Path) -> None:
    assert python(WORK.replace("QUIET", "True"), tmp_path).stderr == ""


def test_rows_that_fit_are_a_table_and_wide_ones_go_key_by_key(run: Run) -> None:
    narrow = run("sql", "select 1 as one, 'x' as name")
    assert narrow.out.splitlines()[0].split() == ["one", "name"]
    wide = run("sql", "select repeat('a ', 30) as first, repeat('b ', 30) as second_one, 'l1\nl2' as lines from range(2)")
    lines = wide.out.splitlines()
    assert [line.strip() for line in lines if line.startswith("row")] == ["row 1", "row 2"]
    assert lines[1].split()[:2] == ["first", "a"] and lines[2].split()[:2] == ["second_one", "b"]
    assert lines[3].split() == ["lines", "l1"] and lines[4].split() == ["l2"]


def test_csv_and_jsonl_give_every_row_and_nothing_else(run: Run) -> None:
    query = "select range as n, case when range = 1 then null else 'a,\"b\"' end as t from range(300)"
    rows = list(csv.reader(io.StringIO(run("sql", query, "--format", "csv").out)))
    assert (rows[0], rows[1], rows[2], len(rows)) == (["n", "t"], ["0", 'a,"b"'], ["1", ""], 301)
    lines = [orjson.loads(line) for line in run("sql", query, "--format", "jsonl").out.splitlines()]
    assert (lines[0], lines[1], len(lines)) == ({"n": 0, "t": 'a,"b"'}, {"n": 1, "t": None}, 300)
    refused = run("sql", query, "--format", "xml")
    assert refused.code == 4 and "expected table, csv or jsonl" in refused.err


def test_shells_can_complete(tmp_path: Path) -> None:
    code = "import sys; sys.argv = ['goldloop']; from goldloop import main; main()"
    words = {"COMP_WORDS": "goldloop val", "COMP_CWORD": "1", "_GOLDLOOP_COMPLETE": "complete_bash"}
    assert python(code, tmp_path, **words).stdout.split() == ["validate"]
    assert "--install-completion" in python(code.replace("['goldloop']", "['goldloop', '--help']"), tmp_path).stdout


def test_no_verb_names_a_help_page_as_the_next_command() -> None:
    sources = [file.read_text(encoding="utf-8") for file in (REPOSITORY / "loop/verbs").glob("*.py")]
    assert len(sources) > 10
    assert not [line for text in sources for line in text.splitlines() if "--help" in line]


def test_init_names_the_schema_that_it_writes(run: Run, tmp_path: Path) -> None:
    assert run("init", "mine").code == 0
    first = (tmp_path / "mine/goldloop.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=goldloop.schema.json"
    schema = orjson.loads((tmp_path / "mine/goldloop.schema.json").read_bytes())
    assert set(yaml.safe_load((tmp_path / "mine/goldloop.yaml").read_text())) <= set(schema["properties"])
    assert (
        run(
            "validate",
            "mine/goldloop.yaml",
            "--unsafe-local",
            "--anyway",
            "--set",
            "backend=fakes:Perfect",
            "--set",
            "finetune.trainer=scripted",
        ).code
        == 0
    )


def test_no_message_names_a_distribution_that_no_index_has() -> None:
    packages = ("evals", "goldens", "decontam", "trainset", "finetune", "loop")
    files = [file for package in packages for file in (REPOSITORY / package).rglob("*.py")]
    assert len(files) > 100
    assert not [str(file) for file in files if "install 'goldloop[" in file.read_text(encoding="utf-8")]


def line(suite: str, slice_: str, gained: int, n: int, lost: int = 0) -> Line:
    before = {f"t{k}": k < lost for k in range(n)}
    after = {f"t{k}": lost <= k < lost + gained for k in range(n)}
    return Line(suite=suite, slice=slice_, role="target", **dict(compare(before, after)))


def test_a_slice_is_called_better_only_where_its_p_holds_after_holm() -> None:
    """Independent: Holm's step-down rule as Holm (1979) states it, compare the k-th smallest p with alpha / (m - k + 1)."""
    lines = [line("s", "*", 30, 60)] + [line("s", f"slice{k}", gained, 12) for k, gained in enumerate((9, 8, 6, 1, 0, 0, 0, 0))]
    alone = [part.verdict for part in lines[1:]]
    ranked = sorted(range(8), key=lambda k: lines[1 + k].p)
    sure: set[int] = set()
    for place, k in enumerate(ranked):
        if lines[1 + k].p > 0.05 / (8 - place):
            break
        sure.add(k)
    assert alone == ["better"] * 3 + ["no evidence of a change"] * 5 and sure == {0, 1}  # by itself the third would count
    words = verdict_words(lines)
    assert words["s", "*"] == "better"
    assert {k for k in range(8) if words["s", f"slice{k}"] == "better"} == sure


def test_unchanged_models_are_rarely_said_to_differ_on_a_slice() -> None:
    """Eight slices of an unchanged model: the words must be wrong in at most 5% of tables; slices by themselves are far more."""
    draw = random.Random(7)
    alone = corrected = 0
    tables = 400
    for _ in range(tables):
        lines = []
        for name in "abcdefgh":
            before = {f"t{k}": draw.random() < 0.5 for k in range(30)}
            after = {task: draw.random() < 0.5 for task in before}
            lines.append(Line(suite="s", slice=name, role="guard", **dict(compare(before, after))))
        alone += any(part.p < 0.05 for part in lines)
        corrected += any(word != "no evidence of a change" for word in verdict_words(lines).values())
    assert corrected / tables <= 0.05 < alone / tables


def test_tasks_that_are_alone_are_worth_their_number() -> None:
    for n, gained in ((11, 5), (60, 30), (500, 20)):
        worth = effective_tasks(line("s", "*", gained, n))
        assert worth == pytest.approx(n, rel=1e-3)


def test_grouped_tasks_are_worth_the_trials_of_an_equally_wide_interval() -> None:
    narrow = wilson(6, 12)
    whole = {"before": 0.5, "after": 0.5, "before_ci95": narrow, "after_ci95": wilson(10, 20), "p": 1.0, "test": "t"}
    bounds = {"low_one_sided": -0.2, "high_one_sided": 0.2, "least_p": 0.0}
    figures = {"delta": 0.0, "ci95": Interval(low=-0.2, high=0.2), "gained": 0, "lost": 0, **bounds}
    grouped = Line(suite="s", slice="*", role="target", n=60, clusters=15, samples=4, detectable=0.3, **whole, **figures)
    assert effective_tasks(grouped) == pytest.approx(12, rel=1e-3)
    assert basis_words(grouped) == "60 tasks in 15 groups, 4 samples each, worth 12 independent ones"
    unknown = {"before_ci95": Interval(low=0.0, high=1.0), "after_ci95": Interval(low=0.0, high=1.0)}
    assert effective_tasks(grouped.model_copy(update=unknown)) is None


def test_a_comparison_says_what_it_detects() -> None:
    seen = Comparison.model_validate({**dict(compare({"a": True, "b": False}, {"a": True, "b": True})), "detectable": 0.22})
    assert seen.detects == "detects 22 points or more (80% power)"
    assert seen.model_copy(update={"detectable": 1.0}).detects == "detects nothing"


def test_the_prompts_digest_is_that_of_system_texts_and_questions() -> None:
    first = Task(id="a", suite="s", split="dev", group="g", prompt="add", golden="x", system="be brief")
    second = first.model_copy(update={"id": "b", "prompt": "subtract"})
    known = prompts_digest([first, second])
    assert known == prompts_digest([second, first]) and known.startswith("b2:")
    assert prompts_digest([first.model_copy(update={"golden": "y", "checks": "assert 1"}), second]) == known
    for change in ({"prompt": "ad"}, {"system": "be long"}):
        assert prompts_digest([first.model_copy(update=change), second]) != known


def test_conditions_are_said_once_where_they_are_alike() -> None:
    before = Conditions(samples=4, temperature=0.8, prompts="b2:0123456789abcdef")
    assert conditions_words(before, before) == "4 samples a task, temperature 0.8, prompts b2:0123456789ab"
    after = before.model_copy(update={"samples": 1})
    assert conditions_words(before, after).startswith("before: 4 samples a task, temperature 0.8")
    assert conditions_words(None, after).startswith("before: not recorded; after: 1 sample a task")


@pytest.mark.parametrize(
    ("split", "tasks", "detects", "verdict"),
    [("train", 6, "(80% power)", "better"), ("dev", 4, "detects nothing", "no evidence of a change")],
)
def test_two_evaluations_of_training_or_dev_tasks_are_not_spoken_of_as_a_holdout(
    run: Run, tmp_path: Path, write_suite: WriteSuite, split: str, tasks: int, detects: str, verdict: str
) -> None:
    suite = write_suite(**{split: tasks, "holdout": 6})
    made = ["--split", split, "--model", "scripted", "--unsafe-local"]
    for out, backend in (("wrong", "fakes:LearningBackend"), ("right", "fakes:Perfect")):
        assert run("eval", str(suite), *made, "--out", out, "--set", f"backend={backend}").code == 0
    said = run("compare", "wrong", "right")
    assert said.code == 0 and "1 sample a task, temperature 0, prompts b2:" in said.out
    assert f"codes: {tasks} gained, 0 lost" in said.out and detects in said.out
    words = (said.out + said.err).replace(str(tmp_path), "")
    assert not re.search(r"holdout|guard|target|gate", words)
    assert f"{split}, paired, in points" in said.out
    assert [line.split()[0] for line in said.out.splitlines() if "95% interval" in line] == [split]
    printed = run("compare", "wrong", "right", "--json").out
    assert not re.search(r"holdout|guard|target|role", printed.replace(str(tmp_path), ""))
    shown = orjson.loads(printed)
    assert shown["splits"].keys() == {split} and shown["lines"] == shown["splits"][split]
    assert shown["verdicts"] == {split: {"codes": verdict}}
    assert shown["conditions"]["before"] == shown["conditions"]["after"]
    tokens = read_json(Path("wrong/manifest.json"))["tokens"]
    assert tokens.keys() == {"prompt", "completion"}


def test_a_stage_keeps_when_it_first_began_and_the_machine(tmp_path: Path) -> None:
    def killed(out: Path) -> dict[str, object]:
        (out / "journal.jsonl").write_text("")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stage(tmp_path / "s", {"a": 1}, killed)
    begun = read_json(tmp_path / "s/inputs.json")["started"]
    time.sleep(1.1)
    made = Making.model_validate(stage(tmp_path / "s", {"a": 1}, lambda out: {})["made"])
    assert made.started.isoformat() == begun and made.ended > made.started
    assert made.machine == machine_facts() and made.machine.cores >= 1 and made.machine.memory_gib > 0
