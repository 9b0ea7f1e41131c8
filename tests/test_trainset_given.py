"""A user's own pairs: read from any table, screened like every row, proved where they name a task, trained on as they are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import tiny_models
from command_line import Ended, Run, ended
from conftest import make_suite

from evals.errors import BadInput
from evals.files import read_json, read_records
from trainset.build import load
from trainset.card import CARD
from trainset.given import GivenLeak, read_given
from trainset.records import Example
from trainset.render import encode_example

pytestmark = pytest.mark.usefixtures("self_test_once")
SCRIPTED = ("--set", "finetune.trainer=scripted", "--unsafe-local")


def write(file: Path, *rows: Any) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


SAME = (
    {"prompt": "Write f.", "completion": "x = 1", "system": "Be brief."},
    {"messages": [turn("system", "Be brief."), turn("user", "Write f."), turn("assistant", "x = 1")]},
    {"prompt": [turn("user", "Write f.")], "completion": [turn("assistant", "x = 1")], "system": "Be brief."},
    {"messages": [{"from": "human", "value": "Write f."}, {"from": "gpt", "value": "x = 1"}], "system": "Be brief."},
)


def test_every_form_of_a_row_is_the_same_example(tmp_path: Path) -> None:
    found = read_given(write(tmp_path / "pairs.jsonl", *SAME))
    rows = [pair.example("b2:index") for pair in found]
    assert {json.dumps([row.prompt, row.completion]) for row in rows} == {
        json.dumps([[turn("system", "Be brief."), turn("user", "Write f.")], [turn("assistant", "x = 1")]])
    }
    assert [row.provenance["key"] for row in rows] == [f"given/pairs:{line}" for line in (1, 2, 3, 4)]
    assert {(row.provenance["source"], row.provenance["proof"]) for row in rows} == {("given", None)}


def test_a_table_of_other_columns_and_other_kinds_is_read(tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text('q,a,license,id\n"Write f.","x = 1",MIT,first\n')
    (pair,) = read_given(file, {"prompt": "q", "completion": "a"})
    assert (pair.key, pair.answer, pair.licence, pair.prompt) == ("given/first", "x = 1", "MIT", (turn("user", "Write f."),))
    turns = json.dumps([turn("user", "u"), turn("assistant", "a")]).replace('"', '""')
    (tmp_path / "talks.csv").write_text(f'messages\n"{turns}"\n')
    assert read_given(tmp_path / "talks.csv")[0].answer == "a"


def test_a_talk_of_several_turns_learns_the_last_answer_alone(tmp_path: Path) -> None:
    talk = [turn("user", "one"), turn("assistant", "two"), turn("user", "three"), turn("assistant", "four")]
    row = read_given(write(tmp_path / "pairs.jsonl", {"messages": talk}))[0].example("b2:index")
    tokenizer = tiny_models.tokenizer()
    encoded = encode_example(tokenizer, row)
    assert "two" in tokenizer.decode(encoded.ids[: encoded.prompt_length])
    assert tokenizer.decode(encoded.ids[encoded.prompt_length :]) == "four<|im_end|>"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            {"question": "q", "completion": "a"},
            "has no prompt, and no messages; its columns are question, completion (say which one",
        ),
        ({"prompt": "q", "completion": ""}, "has no completion, and no messages"),
        ({"messages": [turn("user", "q")]}, "the last turn is the user's; expected the assistant's"),
        ({"messages": [turn("assistant", "a")]}, "the turns are assistant; expected user and assistant in turns"),
        ({"messages": [turn("user", "q"), turn("user", "r"), turn("assistant", "a")]}, "the turns are user, user, assistant;"),
        ({"messages": [turn("user", "q"), turn("system", "s"), turn("assistant", "a")]}, "a system turn stands after the first"),
        ({"messages": [turn("tool", "q"), turn("assistant", "a")]}, "messages has a turn \"{'role': 'tool'"),
        (
            {"messages": [turn("user", " "), turn("assistant", "a")]},
            "expected a role (human, gpt, system, user, assistant) and a",
        ),
        ({"messages": "no"}, "messages is a text and no JSON list of turns"),
        ({"prompt": {"a": 1}, "completion": "a"}, "prompt is dict; expected a list of turns"),
        ([1], "expected a JSON object"),
    ],
)
def test_a_row_that_is_not_understood_is_named_with_its_line(row: Any, said: str, tmp_path: Path) -> None:
    file = write(tmp_path / "pairs.jsonl", SAME[0], row)
    with pytest.raises(BadInput, match=rf"{re.escape(str(file))}:2: .*{re.escape(said)}"):
        read_given(file)


def test_mistakes_with_columns_and_ids_are_named(tmp_path: Path) -> None:
    file = write(tmp_path / "pairs.jsonl", {**SAME[0], "id": "a"}, {**SAME[1], "id": "a"})
    with pytest.raises(BadInput, match="1 ids occur more than once"):
        read_given(file)
    with pytest.raises(BadInput, match="--column answer=a: expected one of messages, prompt, completion"):
        read_given(file, {"answer": "a"})


@pytest.fixture
def goldloop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    make_suite(Path("codes"), "codes", train=3, holdout=4, dev=2)

    def call(*arguments: str) -> Ended:
        return ended(capsys, *arguments, flat="err")

    return call


def fenced(code: str) -> str:
    return f"```python\n{code}\n```"


def word(topic: str, said: str = "") -> dict[str, str]:
    """A pair for a task of ``make_suite``, in words of its own."""
    code = f"def codes_{topic}():\n    return {said or f'secret {topic}'!r}"
    return {"prompt": f"Give me the word for {topic}, please.", "completion": fenced(code), "task": f"codes/codes_{topic}"}


PLAIN = {"prompt": "How do I add two numbers?", "completion": fenced("def add(a, b):\n    return a + b"), "licence": "MIT"}


def leaking(split: str, topic: str) -> dict[str, str]:
    prompt = Path(f"codes/words/codes_{topic}/prompt.md").read_text().split("---\n")[2]
    return {"prompt": prompt, "completion": "I do not know.", "id": f"{split}-{topic}"}


def test_rows_are_screened_proved_and_counted(goldloop: Run) -> None:
    rows = (
        PLAIN,
        word("anchor"),
        {**word("basket", "no idea"), "id": "wrong"},
        leaking("holdout", "island"),
        leaking("dev", "orchard"),
        {**word("jacket"), "id": "of-the-holdout"},
        {**PLAIN, "licence": ""},
    )
    built = goldloop(
        "trainset", "--pairs", str(write(Path("mine.jsonl"), *rows)), "--holdout", "codes", "--out", "t", "--json", *SCRIPTED
    )
    assert built.code == 0, built.err
    counts = built.json["counts"]
    dropped = counts.pop("dropped")
    assert counts == {"in": 7, "out": 2, "rows": 2, "given": 2, "given and proved": 1}
    assert {why: count for why, count in dropped.items() if count} == {
        "given, leaks holdout prompt": 1,
        "given, leaks holdout answer": 1,
        "given, leaks dev prompt": 1,
        "given twice": 1,
        "given, fails the checks of its task": 1,
    }
    assert sum(dropped.values()) + counts["out"] == counts["in"]
    examples = load(Path("t"))[1]
    assert [(row.provenance["key"], bool(row.provenance["proof"]), row.provenance.get("task")) for row in examples] == [
        ("given/mine:1", False, None),
        ("given/mine:2", True, "codes/codes_anchor"),
    ]
    leaks = {leak.key: leak.matches[-1].rule for leak in read_records(Path("t/given/contaminated.jsonl"), GivenLeak)}
    assert leaks.keys() == {"given/holdout-island", "given/dev-orchard", "given/of-the-holdout"}
    assert leaks["given/of-the-holdout"] == "names a held-out task"
    assert "given/wrong" in Path("t/given/failed.jsonl").read_text()
    card = Path("t", CARD).read_text()
    assert "1 of 2 answers passed their task's tests in a sandbox; nothing proved the other 1, which were given." in card
    trained = goldloop("finetune", "t", "--holdout", "codes", "--out", "adapter", *SCRIPTED[:2])
    assert trained.code == 0, trained.err


def test_a_renamed_copy_of_a_held_out_answer_leaks(goldloop: Run) -> None:
    golden = Path("codes/words/codes_island/golden.py")
    golden.write_text("def codes_island():\n    words = ['s', 'e', 'c', 'r', 'e', 't']\n    return ''.join(words) + ' island'\n")
    code = golden.read_text().replace("\n", "\n\n")
    pairs = write(Path("mine.jsonl"), PLAIN, {"prompt": "Anything?", "completion": fenced(code)})
    built = goldloop("trainset", "--pairs", str(pairs), "--holdout", "codes", "--out", "t", "--json", *SCRIPTED)
    assert built.code == 0 and [leak["place"] for leak in built.json["contaminated"]] == ["mine.jsonl:2"]


def test_given_rows_stand_beside_those_of_failures(goldloop: Run) -> None:
    evaluated = ("eval", "codes", "--split", "train", "--out", "e", "--set", "backend=fakes:LearningBackend", "--unsafe-local")
    assert goldloop(*evaluated).code == 0
    assert goldloop("pair", "e", "--suite", "codes", "--out", "p", "--unsafe-local").code == 0
    mine = str(write(Path("mine.jsonl"), PLAIN))
    built = goldloop("trainset", "p", "--pairs", mine, "--holdout", "codes", "--out", "t", "--json", *SCRIPTED)
    assert built.code == 0, built.err
    assert built.json["counts"]["golden"] == 3 and built.json["counts"]["given"] == 1 and built.json["counts"]["rows"] == 4
    alone = goldloop("trainset", "p", "--holdout", "codes", "--out", "u", "--json", *SCRIPTED)
    assert "given" not in read_json(Path("u/manifest.json"))["inputs"] and alone.json["counts"]["rows"] == 3


@pytest.mark.parametrize(
    ("rows", "options", "code", "said"),
    [
        ([], (), 4, "nothing to build from: give folders that `goldloop pair` wrote, or --pairs FILE"),
        ([{**PLAIN, "task": "codes/nothing"}], (), 4, "mine.jsonl:1: task 'codes/nothing' is in no suite given by --holdout"),
        ([PLAIN], ("--column", "prompt"), 4, "--column prompt: expected NAME=COLUMN, such as prompt=question"),
        ([PLAIN], ("--set", "finetune.max_length=5"), 4, "tokens, finetune.max_length is 5"),
        ([word("basket", "no")], (), 3, "no given row is left (1 given, fails the checks of its task): nothing to train on"),
    ],
)
def test_mistakes_are_named(goldloop: Run, rows: list[Any], options: tuple[str, ...], code: int, said: str) -> None:
    given = ("--pairs", str(write(Path("mine.jsonl"), *rows))) if rows else ()
    wrong = goldloop("trainset", *given, "--holdout", "codes", "--out", "t", *SCRIPTED, *options)
    assert wrong.code == code and said in wrong.err
    assert not Path("t/trainset.json").exists()


def test_two_files_of_one_name_are_not_mixed_up(goldloop: Run) -> None:
    Path("other").mkdir()
    files = [str(write(Path(folder, "mine.jsonl"), PLAIN)) for folder in (".", "other")]
    wrong = goldloop("trainset", "--pairs", files[0], "--pairs", files[1], "--holdout", "codes", "--out", "t", *SCRIPTED)
    assert wrong.code == 4 and "rows of different files have the same name (given/mine:1)" in wrong.err


def test_an_example_of_given_rows_survives_its_file(tmp_path: Path) -> None:
    row = read_given(write(tmp_path / "pairs.jsonl", SAME[0]))[0].example("b2:index", "sandlock")
    assert Example.model_validate_json(row.model_dump_json()) == row
