from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decontam.audit import audit_files, row_text
from decontam.screen import build_index, match_text, screen_pairs
from decontam.tokens import tokenize
from evals.errors import BadInput, Inconclusive
from evals.records import Attempt, Failure, Task, Verdict
from goldens.records import Golden, Pair

PROMPT = (
    "Given the tide table of a harbour, return the hours in which a ferry with the given draught may enter, "
    "counting the slack water before and after each flood."
)
GOLDEN = (
    "def safe_hours(tides, draught):\n    floods = [tide for tide in tides if tide.depth > draught]\n"
    "    return sorted({hour for flood in floods for hour in range(flood.start - 1, flood.end + 2)})\n"
)


def task(name: str = "tides", prompt: str = PROMPT, golden: str = GOLDEN, split: str = "holdout") -> Task:
    checks = "assert safe_hours([], 3) == []\n"
    return Task.model_validate(
        {"id": name, "suite": "s", "split": split, "group": name, "prompt": prompt, "golden": golden, "checks": checks}
    )


def pair(prompt: str, code: str, group: str = "other") -> Pair:
    attempt = Attempt(task="s/p", completion="", code=None, finish_reason="stop")
    verdict = Verdict(status="fail", reason="no_code")
    golden = Golden(task="s/p", code=code, source="task", proof=Verdict(status="pass", reason="pass"))
    failure = Failure(task="s/p", attempt=attempt, verdict=verdict)
    return Pair(
        task="s/p",
        group=group,
        slice="-",
        prompt=prompt,
        system="",
        language="python",
        licence="",
        failure=failure,
        attempt=attempt,
        golden=golden,
    )


CLEAN = pair("Write the sum of a list of numbers, skipping those that are negative or missing altogether.", "def f(x): return x")


@pytest.mark.parametrize(
    "disguise",
    [
        PROMPT,
        PROMPT.upper(),
        PROMPT.replace(" ", "\n   "),
        PROMPT.replace(",", " ;").replace(".", "!"),
        PROMPT.replace("e", "ｅ"),  # full-width letters
        "Some words before it. " * 40 + PROMPT + " And some after it." * 40,
        PROMPT[: len(PROMPT) // 2],
    ],
    ids=["exact", "case", "wrapped", "punctuation", "full width", "embedded", "first half"],
)
def test_a_disguised_prompt_is_found(disguise: str) -> None:
    matches = match_text(disguise, build_index([task()]))
    assert [(match.item, match.part) for match in matches] == [("s/tides", "prompt")]


def test_an_answer_alone_is_found() -> None:
    (match,) = match_text(GOLDEN, build_index([task()]))
    assert (match.part, match.coverage) == ("answer", 1.0)


def test_spans_point_at_what_they_claim() -> None:
    text = "Before. " + PROMPT + " After."
    (match,) = match_text(text, build_index([task()]))
    found, claimed = text[slice(*match.document_span)], PROMPT[slice(*match.item_span)]
    assert [t.text for t in tokenize(found)] == [t.text for t in tokenize(claimed)]
    assert match.longest_run == len(tokenize(PROMPT))


def test_an_unrelated_pair_is_clean_and_carries_the_index() -> None:
    index = build_index([task()])
    screening = screen_pairs([CLEAN], index)
    assert [clean.index_digest for clean in screening.clean] == [index.digest]
    assert not screening.contaminated


def test_a_pair_of_a_holdout_group_is_thrown_out() -> None:
    screening = screen_pairs([CLEAN.model_copy(update={"group": "tides"})], build_index([task()]))
    assert screening.contaminated[0].matches[0].rule == "same group"


def test_an_identical_solution_is_thrown_out_however_it_is_laid_out() -> None:
    screening = screen_pairs([pair("Quite another question about nothing.", GOLDEN.replace("    ", "\t"))], build_index([task()]))
    assert "same solution" in {match.rule for match in screening.contaminated[0].matches}


def test_boilerplate_of_many_items_counts_for_none() -> None:
    shared = "return the response envelope with status and data as every handler of this team has to do it here "
    endings = ("ferry", "museum", "clinic", "voucher", "survey", "bakery")
    items = [
        task(f"t{n}", prompt=f"{shared} for the {word} {word}s", golden=f"def {word}(): pass") for n, word in enumerate(endings)
    ]
    assert match_text(shared + "and nothing else", build_index(items)) == []


def test_an_empty_holdout_is_inconclusive() -> None:
    with pytest.raises(Inconclusive, match="holdout is empty"):
        build_index([])


def test_a_holdout_too_short_to_index_is_inconclusive() -> None:
    with pytest.raises(Inconclusive, match="nothing can be screened"):
        build_index([task(prompt="Add.", golden="x = 1\n")])


def test_an_item_too_short_to_index_is_listed() -> None:
    index = build_index([task(), task("tiny", prompt="Add.", golden="x = 1\n")])
    assert index.unindexable == ("s/tiny",)


def test_the_digest_follows_the_holdout() -> None:
    assert build_index([task()]).digest != build_index([task(prompt=PROMPT + " Now.")]).digest


@given(st.text())
def test_token_offsets_point_into_the_text_as_given(text: str) -> None:
    import unicodedata

    for token in tokenize(text):
        assert unicodedata.normalize("NFKC", text[token.start : token.end]).lower() == token.text


def test_an_audit_names_file_and_row(tmp_path: Path) -> None:
    file = tmp_path / "train.jsonl"
    rows = [{"text": "nothing to see"}, {"messages": [{"role": "user", "content": PROMPT}]}]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    report = audit_files([file], build_index([task()]))
    assert (report.verdict, report.rows, report.leaks[0].row) == ("leaks", 2, 2)


def test_an_audit_of_nothing_is_inconclusive(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(Inconclusive, match="no rows"):
        audit_files([tmp_path / "empty.jsonl"], build_index([task()]))


def test_a_row_without_text_lists_what_is_there() -> None:
    with pytest.raises(BadInput, match=r"x:1: no text found; .* found id, body"):
        row_text({"id": 1, "body": "x"}, "x:1")
