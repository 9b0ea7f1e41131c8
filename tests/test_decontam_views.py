"""Views of a text: each layer comes off, plain text has none, places lead back to the text as given."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse
from collections.abc import Callable

import pytest

from decontam.matching.index import HoldoutIndex, build_index
from decontam.matching.match import as_column, match_text
from decontam.matching.prefixes import without_prefixes
from decontam.matching.views import views
from decontam.records import Item

PROMPT = (
    "Count the seals that were seen on the northern islands in winter, leave out those that the warden marked twice, "
    "and return the islands in the order of how many seals were seen there, the first one being the one with the most."
)
ANSWER = """def seals_by_island(sightings, marked):
    counts = {}
    for island, seal in sightings:
        if seal in marked and marked[seal] > 1:
            continue
        counts[island] = counts.get(island, 0) + 1
    return sorted(counts, key=lambda island: (-counts[island], island))
"""
TEXT = f"{PROMPT}\n\n{ANSWER}"
LINES = TEXT.replace(", ", ",\n").rstrip().split("\n")
RUSSIAN = "Посчитай тюленей на северных островах зимой, пропусти отмеченных дважды и верни острова по убыванию числа тюленей"


@pytest.fixture(scope="module")
def index() -> HoldoutIndex:
    """One item in English with code, one in Russian."""
    return build_index([Item(key="seals", prompt=PROMPT, answer=ANSWER), Item(key="тюлени", prompt=RUSSIAN)])


def prefixed(before: Callable[[int], str]) -> str:
    """Every line with what a tool writes before it."""
    return "\n".join(before(n) + line for n, line in enumerate(LINES, 1))


LAYERS = {
    "tags": "".join(f"<span class='k'>{html.escape(word)}</span> " for word in TEXT.split()),
    "entities": "".join(f"&#{ord(c)};" if c in "aeiou(" else html.escape(c) for c in TEXT),
    "json": json.dumps({"outer": json.dumps({"inner": TEXT})}),
    "unicode escapes": "".join(f"\\u{ord(c):04x}" for c in TEXT),
    "percent": "https://example.org/?code=" + urllib.parse.quote(TEXT),
    "base64": base64.encodebytes(TEXT.encode()).decode(),
    "base64 in one line": base64.urlsafe_b64encode(TEXT.encode()).decode(),
    "colours": "".join(f"\x1b[31m{word}\x1b[0m " for word in TEXT.split(" ")),
    "lookalikes": TEXT.translate(str.maketrans("aeopc", "аеорс")),
    "cat -n": prefixed(lambda n: f"{n:6}\t"),
    "grep -n": prefixed(lambda n: f"src/a b.py:{n}:"),
    "git blame": prefixed(lambda n: f"1a2b3c4d (Jane Doe 2024-01-02 10:11:12 +0100 {n:3}) "),
    "log": prefixed(lambda n: f"2024-01-02 10:11:{n % 60:02},123 INFO runner: "),
    "nicks": prefixed(lambda n: f"[10:{n % 60:02}] <nick{n % 2}> "),
    "log of json": json.dumps(prefixed(lambda n: f"{n}: ")),
}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_leak_is_seen_through_each_layer(index: HoldoutIndex, layer: str) -> None:
    text = f"Some notes before it.\n\n{LAYERS[layer]}\n\nAnd some more after it.\n"
    found = {match.item for match in match_text(text, index)}
    assert "seals" in found


def test_prompts_in_other_scripts_are_seen_in_json_that_is_ascii(index: HoldoutIndex) -> None:
    text = json.dumps({"conversation": [{"input": RUSSIAN}]})
    assert text.isascii()
    assert [match.item for match in match_text(text, index)] == ["тюлени"]


def test_spans_are_places_in_the_text_as_given(index: HoldoutIndex) -> None:
    text = "до " + LAYERS["json"]
    match = next(match for match in match_text(text, index) if match.part == "prompt" and match.channel == "text")
    start, end = match.document_span
    assert text[start:end].startswith("Count the seals")
    assert text[start:end].endswith("the most")
    assert match.snippet == text[start:end][:200]


def test_base64_spans_hold_the_block(index: HoldoutIndex) -> None:
    text = "before\n" + LAYERS["base64"] + "after"
    match = match_text(text, index)[0]
    start, end = match.document_span
    assert text.index(LAYERS["base64"]) <= start < end <= len(text) - len("after")


@pytest.mark.parametrize(
    "text", [PROMPT, ANSWER, RUSSIAN, "", "a\nb\nc\n", "x = [1, 2]\ny = [3, 4]\nz = x + y\n", "naïve café déjà vu"]
)
def test_plain_text_has_no_view(text: str) -> None:
    assert not list(views(as_column([text, "", text])))


def test_a_prefix_goes_only_where_most_lines_have_it() -> None:
    assert without_prefixes(b"1: a\n2: b\n3: c") is not None
    assert without_prefixes(b"1: a\nsome words\nmore of them\nand an end\n2: b") is None


def test_noise_is_no_base64() -> None:
    noise = base64.b64encode(bytes(range(256)) * 4).decode()
    assert not list(views(as_column([noise])))
