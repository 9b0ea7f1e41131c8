"""Text that stands elsewhere, too, is set apart; an item is found however often it was copied."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from decontam.audit.run import Audit, AuditSettings, run_audit
from decontam.holdouts import load_items
from decontam.matching.elsewhere import LEAST_AROUND, Around, sides_of, with_elsewhere
from decontam.matching.index import build_index
from decontam.matching.judging import Known
from decontam.matching.match import as_column, match_text, scan
from decontam.matching.variants import is_variant
from decontam.records import Item
from decontam.sources import find_sources

VOCABULARY = [
    f"{one}{two}"
    for one in ("lamp", "stone", "river", "oven", "wheel", "glass")
    for two in ("yard", "shed", "post", "keeper", "mill")
]
# A header of a company's files: in no list.
HEADER = (
    "# This program belongs to the bakery at the corner and may be baked by whoever has flour, water, salt and an oven that is "
    "hot enough; ask the night shift before you change the recipe, and wash the bowls when you have done so.\n"
)
PROMPT = (
    "Given the tide table of a harbour, return the hours in which a ferry with the given draught may enter, counting the slack "
    "water before and after each flood, and none in which another ferry has been announced by the pilot on the day before, "
    "unless both are short enough to lie at one quay, and the wind comes from the land at less than five knots all night long."
)
ANSWER = (
    "def safe_hours(tides, draught):\n    floods = [tide for tide in tides if tide.depth > draught + 17]\n"
    "    return sorted({hour for flood in floods for hour in range(flood.start - 1, flood.end + 2)})\n"
)
TIDES = {"task_id": "tides", "prompt": HEADER + PROMPT, "answer": ANSWER}
LAMPS = {
    "task_id": "lamps",
    "prompt": "Say which of the lamps in a row of houses outshine both of their neighbours, the first being the mayor's.",
    "answer": "def brighter(row):\n    return [n for n in range(1, len(row)) if row[n - 1] < row[n] > row[n + 1] != 451]\n",
}  # fmt: skip


def words(rng: random.Random, count: int) -> str:
    return " ".join(rng.choice(VOCABULARY) for _ in range(count))


def audited(folder: Path, rows: Sequence[str], items: Sequence[dict[str, Any]] = (TIDES, LAMPS), **changes: Any) -> Audit:
    holdout, training = folder / "holdout.jsonl", folder / "train.jsonl"
    holdout.write_text("".join(json.dumps(one) + "\n" for one in items))
    training.write_text("".join(json.dumps({"text": text}) + "\n" for text in rows))
    return run_audit(find_sources([str(training)]), load_items([str(holdout)]), AuditSettings(**changes), worst=10_000)


def leaking(audit: Audit) -> set[int]:
    return {entry.leak.row for entry in audit.entries if entry.leak.match.leak}


def test_a_header_of_many_unrelated_texts_is_set_apart(tmp_path: Path) -> None:
    rng = random.Random(1)
    rows = [f"{HEADER}{words(rng, 60)}" for _ in range(60)]
    audit = audited(tmp_path, [*rows, HEADER + PROMPT, f"{words(rng, 40)} {PROMPT}"])
    assert leaking(audit) == {61, 62}
    assert (audit.summary.shared_rows, audit.summary.leaking_rows, audit.summary.leaked_items) == (60, 2, 1)
    assert audit.summary.files[0].clean == 0


def test_without_counting_such_a_header_leaks(tmp_path: Path) -> None:
    rng = random.Random(1)
    rows = [f"{HEADER}{words(rng, 60)}" for _ in range(60)]
    assert audited(tmp_path, rows, counted_megabytes=0).summary.leaking_rows == 60


def test_a_header_of_a_few_texts_is_not_common(tmp_path: Path) -> None:
    rng = random.Random(1)
    rows = [f"{HEADER}{words(rng, 60)}" for _ in range(LEAST_AROUND - 1)]
    assert audited(tmp_path, rows).summary.leaking_rows == LEAST_AROUND - 1


def test_one_text_hundreds_of_times_is_one(tmp_path: Path) -> None:
    rng = random.Random(1)
    rows = [f"{words(rng, 30)}\n{HEADER}{words(rng, 60)}"] * 300
    assert audited(tmp_path, rows).summary.leaking_rows == 300


REWORDINGS = {"rain": "sun", "ferry": "boat", "hours": "times", "announced": "called", "short": "small", "wind": "breeze"}


def whole(prompt: str, rng: random.Random) -> str:
    return prompt


def edited(prompt: str, rng: random.Random) -> str:
    """One word in twenty is another one, never the same."""
    return " ".join(rng.choice(VOCABULARY) if rng.random() < 0.05 else word for word in prompt.split())


def reworded(prompt: str, rng: random.Random) -> str:
    """The same words are others everywhere."""
    return " ".join(REWORDINGS.get(word, word) for word in prompt.split())


def cut(prompt: str, rng: random.Random) -> str:
    """A stretch of six tenths, from somewhere."""
    parts = prompt.split()
    first = rng.randrange(int(0.4 * len(parts)))
    return " ".join(parts[first : first + int(0.6 * len(parts))])


@pytest.mark.parametrize("copies", [1, 20, 30, 150])
@pytest.mark.parametrize("change", [whole, edited, reworded, cut])
def test_an_item_is_found_in_each_of_many_copies(tmp_path: Path, change: Any, copies: int) -> None:
    rng = random.Random(copies)
    item = {"task_id": "tides", "prompt": PROMPT, "answer": ANSWER}
    rows = [f"{words(rng, 20)}\n{change(PROMPT, rng)}\n{words(rng, 20)}" for _ in range(copies)]
    alone = leaking(audited(tmp_path, rows, [item, LAMPS], counted_megabytes=0))
    assert len(alone) > 0.9 * copies - 1  # of a text with every twentieth word changed, one may have too little left
    assert leaking(audited(tmp_path, rows, [item, LAMPS])) == alone


def test_an_item_is_found_in_each_of_a_thousand_copies(tmp_path: Path) -> None:
    rng = random.Random(7)
    changes = [whole, edited, reworded, cut]
    rows = [f"{words(rng, 20)}\n{changes[n % 4](PROMPT, rng)}\n{words(rng, 20)}" for n in range(1000)]
    assert len(leaking(audited(tmp_path, rows, [{"task_id": "tides", "prompt": PROMPT, "answer": ANSWER}, LAMPS]))) > 990


@pytest.mark.parametrize("copies", [1, 30, 200])
def test_an_answer_is_found_in_each_of_many_copies(tmp_path: Path, copies: int) -> None:
    rng = random.Random(copies)
    rows = [f"{words(rng, 12)}\n\n{ANSWER}\n{words(rng, 12)}" for _ in range(copies)]
    assert len(leaking(audited(tmp_path, rows))) == copies


def test_what_stands_around_a_stretch_is_told_by_letters_alone() -> None:
    index = build_index([Item(key="x", prompt=PROMPT)])
    same = as_column([f"One, two.\n{PROMPT} Three!", f"  one TWO\t{PROMPT}\nthree"])
    other = as_column([f"One, two.\n{PROMPT} Three!", f"seven\n{PROMPT} five"])
    for column, count in ((same, 1), (other, 2)):
        _, bits = sides_of(column, scan(column, index, "text"))
        assert [len(np.unique(bits[:, side])) for side in (0, 1)] == [count, count]


def test_nothing_counted_makes_nothing_common() -> None:
    index = build_index([Item(key="x", prompt=PROMPT)])
    assert not Around(index).common("text", index.text).any()
    assert with_elsewhere(index, [], Around(index)) is index


# Answers that unrelated tasks have, too.

SHARED = (
    "def combine(one, two):\n    pairs = zip(one, two)\n"
    "    return tuple(left ** right for left, right in pairs if left and right)\n"
)
PROMPTS = (
    "Raise each number of the first tuple to the power of the number that stands at the same place in the second tuple.",
    "For every sensor, weigh the reading of the morning with the exponent that its maker gave for it in the data sheet.",
    "Grow the savings of all members of a club by the years which the treasurer has written down beside each of them.",
)


def test_an_answer_of_several_unrelated_items_is_set_apart_and_leaks_beside_a_prompt() -> None:
    index = with_elsewhere(
        build_index(
            [Item(key=str(n), prompt=text, answer=SHARED.replace("combine", f"task_{n}")) for n, text in enumerate(PROMPTS)]
        ),
        [],
    )
    found = match_text(f"{HEADER}\n{SHARED}", index)
    assert found and not any(match.leak for match in found)
    assert {match.item for match in match_text(f"{PROMPTS[1]}\n\n{SHARED}", index) if match.leak} == {"1"}


def test_an_answer_that_a_training_task_of_the_suite_has_is_set_apart() -> None:
    index = build_index([Item(key="x", prompt=PROMPTS[0], answer=SHARED), Item(key="y", prompt=PROMPT, answer=ANSWER)])
    known = with_elsewhere(index, [Item(key="t", prompt=PROMPTS[1], answer=SHARED.replace("combine", "weigh"), split="train")])
    text = f"{PROMPTS[1]}\n\n{SHARED.replace('combine', 'weigh')}"
    assert any(match.leak for match in match_text(text, index))
    assert {match.verdict for match in match_text(text, known)} == {"shared"}
    assert any(match.leak for match in match_text(f"{PROMPTS[0]}\n{SHARED}", known))
    assert any(match.leak for match in match_text(ANSWER, known))


@pytest.mark.parametrize("prompt", [f"Please: {PROMPT}", "Say when boats may come in."])
def test_a_copy_of_an_item_in_the_training_split_hides_nothing_of_it(prompt: str) -> None:
    index = build_index([Item(key="x", prompt=PROMPT, answer=ANSWER)])
    known = with_elsewhere(index, [Item(key="t", prompt=prompt, answer=ANSWER, split="train")])
    assert any(match.leak for match in match_text(ANSWER, known))


def test_a_task_in_three_dresses_is_one() -> None:
    index = build_index([Item(key=str(n), prompt=text, answer=SHARED) for n, text in enumerate(PROMPTS)])
    assert {match.verdict for match in match_text(SHARED, with_elsewhere(index, []))} <= {"flag", "strict"}


# Siblings of a task.


def window_of(text: str, answer: str) -> Any:
    return scan(as_column([text]), build_index([Item(key="x", answer=answer)]), "text")


@pytest.mark.parametrize(
    ("before", "after", "variant"),
    [
        ("depth >", "depth >", False),
        ("draught + 17", "draught - 17", True),
        ("draught + 17", "draught + 18", False),  # another number: an edit
        ("flood.end + 2", "flood.end ** 2", True),
        ("sorted", "max", True),
        ("flood.start", "flood.begin", False),
        ("tide.depth >", "tide.depth <", False),  # a comparison may be the other way round
    ],
)  # fmt: skip
def test_an_answer_with_another_operator_is_a_siblings(before: str, after: str, variant: bool) -> None:
    text = f"{words(random.Random(3), 20)}\n{ANSWER.replace(before, after)}"
    assert is_variant(text.encode(), ANSWER, window_of(text, ANSWER)) is variant


def test_a_sibling_with_half_of_the_prompt_is_no_leak_and_the_item_with_it_is() -> None:
    index = build_index(
        [Item(key="x", prompt=PROMPT, answer=ANSWER), Item(key="y", prompt=LAMPS["prompt"], answer=LAMPS["answer"])]
    )
    some = " ".join(PROMPT.split()[:22])
    sibling = ANSWER.replace("+ 17", "- 17").replace("floods", "tops").replace("flood", "top")
    assert {match.verdict for match in match_text(f"{some}\n\n{sibling}", index)} == {"shared"}
    assert any(match.leak for match in match_text(f"{some}\n\n{ANSWER}", index))
    assert any(match.leak for match in match_text(f"{PROMPT}\n\n{sibling}", index))


def test_the_broken_program_of_a_repair_task_leaks() -> None:
    broken = ANSWER.replace("+ 17", "- 17")
    index = build_index([Item(key="x", prompt=f"Repair this, please.\n{broken}", answer=ANSWER)])
    assert any(match.leak and match.part == "answer" for match in match_text(f"It says:\n{broken}", index))


def test_renaming_here_and_there_makes_no_sibling() -> None:
    text = ANSWER.replace("+ 17", "- 17").replace("for flood in floods", "for surge in floods")
    assert not is_variant(text.encode(), ANSWER, window_of(text, ANSWER))


TYPED = """    shift: int = (draught + 17)
    found = sorted(floods)
    tallest = found[-1].depth * 3
    kept = [tide for tide in found if tide.end < shift + tallest]
    for tide in kept:
        tide.ends.append((tide.start, tide.end % 12, tide.depth - 5))
    return {tide.harbour: tide.ends for tide in kept if tide.depth > 40}
"""


def test_a_part_of_several_forms_is_told_once_and_its_item_is_one() -> None:
    index = build_index([Item(key="x", answer=TYPED), Item(key="y", prompt=LAMPS["prompt"], answer=LAMPS["answer"])])
    assert sum(part.number == 0 for part in index.code.parts) == 3
    known = with_elsewhere(index, [])
    assert not known.elsewhere
    found = [(match.part, match.channel) for match in match_text(TYPED, known) if match.leak]
    assert found and sorted(found) == sorted(set(found))


def test_what_order_of_tokens_is_asked_for_is_the_least() -> None:
    evidence = Known("none", 60)
    assert evidence.aligned(0.94) == evidence.aligned(0.98) == 0
    assert evidence.asked == 0.94
