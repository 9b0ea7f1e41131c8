from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decontam.kernels.tokens import tokenize
from decontam.screen import index_splits, index_tasks, match_splits, match_text, screen_pairs
from evals.errors import Inconclusive
from evals.records import Attempt, Task, Verdict
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
    attempt = Attempt(key="s/p", completion="", code=None, finish_reason="stop")
    verdict = Verdict(status="fail", reason="no_code")
    golden = Golden(key="s/p", code=code, source="golden", proof=Verdict(status="pass", reason="pass"))
    return Pair(
        key="s/p",
        group=group,
        slice="-",
        prompt=prompt,
        system="",
        language="python",
        licence="",
        attempt=attempt,
        verdict=verdict,
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
    matches = match_text(disguise, index_tasks([task()]))
    assert [(match.item, match.part) for match in matches] == [("s/tides", "prompt")]


def test_an_answer_alone_is_found() -> None:
    found = {match.channel: (match.part, match.coverage) for match in match_text(GOLDEN, index_tasks([task()]))}
    assert found == {"text": ("answer", 1.0), "code": ("answer", 1.0)}


def test_spans_point_at_what_they_claim() -> None:
    text = "Before. " + PROMPT + " After."
    (match,) = match_text(text, index_tasks([task()]))
    found, claimed = text[slice(*match.document_span)], PROMPT[slice(*match.item_span)]
    assert [t.text for t in tokenize(found)] == [t.text for t in tokenize(claimed)]
    assert match.longest_run == len(tokenize(PROMPT))


def test_an_unrelated_pair_is_clean_and_carries_the_index() -> None:
    index = index_tasks([task()])
    screening = screen_pairs([CLEAN], index)
    assert [clean.index_digest for clean in screening.clean] == [index.digest]
    assert not screening.contaminated


def test_a_pair_of_a_holdout_group_is_thrown_out() -> None:
    screening = screen_pairs([CLEAN.model_copy(update={"group": "tides"})], index_tasks([task()]))
    assert screening.contaminated[0].matches[0].rule == "same group"


def test_an_identical_solution_is_thrown_out_however_it_is_laid_out() -> None:
    screening = screen_pairs([pair("Quite another question about nothing.", GOLDEN.replace("    ", "\t"))], index_tasks([task()]))
    assert "same solution" in {match.rule for match in screening.contaminated[0].matches}


SHARED = "return the response envelope with status and data as every handler of this team has to do it here"
ENDINGS = ("ferry", "museum", "clinic", "voucher", "survey", "bakery")


def test_boilerplate_of_many_items_counts_for_none() -> None:
    suffixes = ("s", "ed", "ing", "less", "ful", "ish", "dom", "ly")
    own = {word: " ".join(word + suffix for suffix in suffixes) for word in ENDINGS}
    index = index_tasks([task(word, prompt=f"{SHARED} {own[word]}", golden=f"def {word}(): pass") for word in ENDINGS])
    assert match_text(SHARED + " and nothing else", index) == []
    assert {match.item for match in match_text(f"{SHARED} {own['clinic']}", index)} == {"s/clinic"}


def test_a_holdout_of_nothing_but_boilerplate_is_inconclusive() -> None:
    tasks = [task(word, prompt=f"{SHARED} for the {word} {word}s", golden=f"def {word}(): pass") for word in ENDINGS]
    with pytest.raises(Inconclusive, match="nothing can be screened"):
        index_tasks(tasks)


def test_an_empty_holdout_is_inconclusive() -> None:
    with pytest.raises(Inconclusive, match="holdout is empty"):
        index_tasks([])


def test_a_holdout_too_short_to_index_is_inconclusive() -> None:
    with pytest.raises(Inconclusive, match="nothing can be screened"):
        index_tasks([task(prompt="Add.", golden="x = 1\n")])


def test_an_item_too_short_to_index_is_listed() -> None:
    index = index_tasks([task(), task("tiny", prompt="Add.", golden="x = 1\n")])
    assert index.unindexable == ("s/tiny",)


def test_the_digest_follows_the_holdout() -> None:
    assert index_tasks([task()]).digest != index_tasks([task(prompt=PROMPT + " Now.")]).digest


@given(st.text())
def test_token_offsets_point_into_the_text_as_given(text: str) -> None:
    for token in tokenize(text):
        decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text[token.start : token.end]).casefold())
        assert "".join(c for c in decomposed if c.isalnum()) == token.text


OTHER = "Say how many lighthouses a coastal route passes at night, given their ranges, the fog and the height of the bridge."
LIGHTS = task("lights", OTHER, "def lights(route):\n    return len(route)\n")


@pytest.mark.parametrize("split", ["dev", "final"])
def test_a_pair_that_leaks_dev_or_final_is_thrown_out(split: str) -> None:
    index = index_splits([LIGHTS, task(split=split)])
    (leaking,) = screen_pairs([pair(PROMPT, GOLDEN)], index).contaminated
    assert {match.split for match in leaking.matches} == {split}
    assert {match.split for match in match_splits(PROMPT, index)} == {split}
    assert screen_pairs([CLEAN], index).clean[0].index_digest == index.digest


def test_the_index_of_all_splits_is_named_by_all_of_them() -> None:
    alone, more = index_splits([LIGHTS]), index_splits([LIGHTS, task(split="dev")])
    assert alone.digest == index_tasks([LIGHTS]).digest
    digests = {alone.digest, more.digest, index_splits([LIGHTS, task(split="final")]).digest}
    digests.add(index_splits([LIGHTS, task(split="dev", prompt=PROMPT + " Now.")]).digest)
    assert len(digests) == 4
    with pytest.raises(Inconclusive, match="holdout is empty"):
        index_splits([task(split="dev")])


def test_what_many_dev_tasks_share_is_still_found_where_one_holdout_task_has_it() -> None:
    suffixes = ("s", "ed", "ing", "less", "ful", "ish", "dom", "ly")
    own = {word: " ".join(word + suffix for suffix in suffixes) for word in ENDINGS}
    tasks = [
        task(word, f"{SHARED} {own[word]}", f"def {word}(): pass", "holdout" if word == "ferry" else "dev") for word in ENDINGS
    ]
    assert match_text(SHARED, index_tasks(tasks)) == []
    assert {(match.split, match.item) for match in match_splits(SHARED, index_splits(tasks))} == {("holdout", "s/ferry")}
