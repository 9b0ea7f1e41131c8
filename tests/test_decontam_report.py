"""The audit's page: what it says, what it highlights, and that no text of the data can act in it."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decontam.audit.report import (
    LONG,
    SHOWN_CHARACTERS,
    Entry,
    duplicates,
    groups,
    headline,
    merged,
    percent,
    pieces,
    write_report,
)
from decontam.pages import visible
from decontam.records import AuditSummary, FileReport, ItemReport, Leak, Match, Span

BLIND = "n-grams do not see paraphrases"
HOSTILE = "</pre></mark><script>alert('hostile')</script><img src=http://evil.example/x.png onerror=alert(1)>"
DOCUMENT = "Well then: sort the tram stops by their distance from the harbour, he said."
PART = "Please sort the tram stops by their distance from the harbour."
COPIED = "sort the tram stops by their distance from the harbour"


class Page(HTMLParser):
    """Tags, texts by tag, and attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.marks: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["mark"]:
            self.marks.append((self.tags[-1][1].get("class") or "", data))
        if not {"script", "style"} & set(self.open):
            self.words.append(data)

    def all(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        return [found for name, found in self.tags if name == tag and wanted.items() <= found.items()]


def make_summary(**changes: Any) -> AuditSummary:
    file = FileReport(
        file="chats.jsonl",
        kind="jsonl",
        columns=("text",),
        rows=1200,
        clean=1197,
        leaking=3,
        short=0,
        broken=0,
        size_bytes=5_000_000,
    )
    values: dict[str, Any] = {
        "verdict": "leaks",
        "files": (file,),
        "rows": 1200,
        "leaking_rows": 3,
        "short_rows": 0,
        "broken_rows": 0,
        "items": 40,
        "indexable_items": 40,
        "leaked_items": 2,
        "matches": {"text strict": 3},
        "config": {"n": 8, "rule": {"coverage": 0.1}},
        "config_digest": "b2:settings",
        "index_digest": "b2:index",
        "megabytes": 5.0,
        "seconds": 0.1,
        "megabytes_per_second": 50.0,
        "blind": BLIND,
    }
    return AuditSummary(**(values | changes))


def clean_summary(**changes: Any) -> AuditSummary:
    return make_summary(**({"verdict": "clean", "leaking_rows": 0, "leaked_items": 0, "matches": {}} | changes))


def span(text: str, part: str = COPIED) -> Span:
    start = text.index(part)
    return start, start + len(part)


def make_entry(
    item: str = "q/1", *, document: str = DOCUMENT, part: str = PART, offset: int = 0, row: int = 7, **changes: Any
) -> Entry:
    start, end = span(document)
    values: dict[str, Any] = {
        "item": item,
        "part": "prompt",
        "verdict": "strict",
        "rule": "words-8",
        "coverage": 0.9,
        "grams": 3,
        "unique": 2,
        "longest_run": 10,
        "document_span": (start + offset, end + offset),
        "item_span": span(part),
        "column": "text",
        "snippet": COPIED,
    }
    file = changes.pop("file", "chats.jsonl")
    leak = Leak(file=file, row=row, match=Match(**(values | changes)))
    return Entry(leak=leak, document=document, document_offset=offset, item_text=part)


def page(
    folder: Path, summary: AuditSummary, entries: Sequence[Entry] = (), items: Sequence[ItemReport] = (), total: int | None = None
) -> Page:
    write_report(folder / "audit.html", summary, items, entries, total_entries=len(entries) if total is None else total)
    return Page((folder / "audit.html").read_text(encoding="utf-8"))


def test_what_was_copied_is_marked_on_both_sides(tmp_path: Path) -> None:
    marks = page(tmp_path, make_summary(), [make_entry()]).marks
    assert [text for _, text in marks[-2:]] == [COPIED, COPIED]


def test_spans_are_shifted_by_the_excerpts_offset(tmp_path: Path) -> None:
    marks = page(tmp_path, make_summary(), [make_entry(offset=5000)]).marks
    assert [text for _, text in marks[-2:]] == [COPIED, COPIED]


def test_the_longest_run_stands_out_from_the_other_spans() -> None:
    found = pieces("aaa bbb ccc", [(0, 3), (4, 7)], (4, 7))
    assert [(piece.kind, piece.text) for piece in found] == [("mark", "aaa"), ("plain", " "), ("run", "bbb"), ("plain", " ccc")]


def test_text_far_from_a_match_is_a_gap() -> None:
    text = "word " * 1000
    found = pieces(text, [(0, 4), (4000, 4004)], (0, 4))
    assert [piece.kind for piece in found] == ["run", "plain", "gap", "plain", "mark", "plain", "gap"]


def test_what_precedes_an_excerpt_is_a_gap() -> None:
    assert pieces("abc", [(1200, 1203)], (1200, 1203), 1200)[0].text == "… 1,200 characters …"


def test_what_follows_an_excerpt_is_a_gap_where_the_length_is_known() -> None:
    assert pieces("abc", [(0, 3)], (0, 3), 0, 10)[-1].text == "… 7 characters …"


def test_a_long_match_is_shown_by_its_ends() -> None:
    text = "a" * (3 * LONG)
    assert [piece.kind for piece in pieces(text, [(0, len(text))], (0, len(text)))] == ["run", "gap", "run"]


def test_one_side_stays_short_whatever_matched() -> None:
    text = "word " * 100_000
    found = pieces(text, [(n, n + 4) for n in range(0, len(text), 1000)], (0, 4))
    assert sum(len(piece.text) for piece in found) < 2 * SHOWN_CHARACTERS


def test_a_span_outside_of_the_excerpt_is_left_out() -> None:
    assert [piece.kind for piece in pieces("abc", [(0, 2), (90, 95)], (90, 95))] == ["mark", "plain"]


def test_a_side_without_text_has_no_pieces() -> None:
    assert pieces("", [(0, 0)], (0, 0)) == ()


@given(st.text(max_size=3000), st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 3000)), max_size=6), st.integers(0, 50))
def test_pieces_and_gaps_add_up_to_the_whole(text: str, spans: list[Span], offset: int) -> None:
    found = pieces(text, spans, (0, 0), offset)
    hidden = sum(int(re.sub(r"\D", "", piece.text)) for piece in found if piece.kind == "gap")
    assert sum(len(piece.text) for piece in found if piece.kind != "gap") + hidden == offset + len(text)


def test_overlapping_spans_are_one() -> None:
    assert merged([(4, 9), (1, 5), (9, 12), (20, 20)]) == [(1, 12)]


@pytest.mark.parametrize("where", ["document", "part", "item", "column", "file", "rule", "snippet"])
def test_hostile_text_adds_no_tag(tmp_path: Path, where: str) -> None:
    plain = [tag for tag, _ in page(tmp_path, make_summary(), [make_entry()]).tags]
    around = {"document": f"{HOSTILE} {DOCUMENT}", "part": f"{HOSTILE} {PART}"}
    changes: dict[str, Any] = {where: around.get(where, HOSTILE)}
    found = page(tmp_path, make_summary(), [make_entry(**changes)])
    assert [tag for tag, _ in found.tags if tag in {"script", "img"}] == [tag for tag in plain if tag in {"script", "img"}]


def test_hostile_text_that_matched_adds_no_tag(tmp_path: Path) -> None:
    document, part = f"{HOSTILE} {DOCUMENT}", f"{HOSTILE} {PART}"
    whole: dict[str, Any] = {"document_span": (0, len(document)), "item_span": (0, len(part))}
    found = page(tmp_path, make_summary(), [make_entry(document=document, part=part, **whole)])
    assert (len(found.all("script")), found.all("img")) == (1, [])


def test_hostile_names_and_reasons_add_no_tag(tmp_path: Path) -> None:
    file = FileReport(
        file=HOSTILE,
        kind=HOSTILE,
        columns=(HOSTILE,),
        rows=1,
        clean=0,
        leaking=0,
        short=0,
        broken=1,
        size_bytes=1,
        first_broken=(HOSTILE,),
    )
    summary = make_summary(files=(file,), reasons=(HOSTILE,), config={HOSTILE: HOSTILE}, duplicates={HOSTILE: 1}, blind=HOSTILE)
    items = [ItemReport(item=HOSTILE, indexable=(), reason=HOSTILE, duplicate_of=f"{HOSTILE}2", similarity=0.9)]
    assert len(page(tmp_path, summary, items=items).all("script")) == 1


def test_nothing_is_loaded_from_elsewhere(tmp_path: Path) -> None:
    found = page(tmp_path, make_summary(), [make_entry(document=f"{HOSTILE} {DOCUMENT}")])
    assert {name for _, attributes in found.tags for name in attributes} & {"src", "srcset", "data", "action", "onerror"} == set()


def test_the_policy_allows_the_pages_own_script_only(tmp_path: Path) -> None:
    found = page(tmp_path, make_summary(), [make_entry()])
    html = (tmp_path / "audit.html").read_text()
    script = html.partition("<script>")[2].partition("</script>")[0]
    expected = base64.b64encode(sha256(script.encode()).digest()).decode()
    (policy,) = [a["content"] for a in found.all("meta", **{"http-equiv": "Content-Security-Policy"})]
    assert policy is not None and policy.startswith("default-src 'none'") and f"script-src 'sha256-{expected}'" in policy


def test_characters_that_turn_text_around_are_shown(tmp_path: Path) -> None:
    assert "⟨U+202E⟩" in page(tmp_path, make_summary(), [make_entry(document=f"\u202e{DOCUMENT}")]).text


@pytest.mark.parametrize("hidden", ["\u200b", "\u2066", "\x00", "\u2028", "\u3164", "\U000e0101", "\ud800"])
def test_characters_that_show_nothing_are_shown(hidden: str) -> None:
    assert visible(f"a{hidden}b") == f"a⟨U+{ord(hidden):04X}⟩b"


def test_place_and_column_of_a_match_are_told(tmp_path: Path) -> None:
    text = page(tmp_path, make_summary(), [make_entry(column="messages[2].content")]).text
    assert "chats.jsonl:7 messages[2].content" in text


def test_figures_of_a_match_are_told(tmp_path: Path) -> None:
    text = page(tmp_path, make_summary(), [make_entry()]).text
    assert "90.0% of the prompt 3 grams, 2 in no other item longest run 10 words rule words-8" in text


def test_code_matches_say_that_names_are_ignored(tmp_path: Path) -> None:
    text = page(tmp_path, make_summary(), [make_entry(channel="code")]).text
    assert ("names are ignored, so the two sides" in text, "longest run 10 code tokens" in text) == (True, True)


def test_word_matches_do_not_say_that_names_are_ignored(tmp_path: Path) -> None:
    assert "names are ignored, so the two sides" not in page(tmp_path, make_summary(), [make_entry()]).text


def test_the_worst_item_comes_first() -> None:
    entries = [make_entry("low", coverage=0.2), make_entry("high", coverage=0.95), make_entry("middle", coverage=0.5)]
    assert [group.item for group in groups([], entries, ["chats.jsonl"])] == ["high", "middle", "low"]


def test_a_short_match_comes_after_every_leak() -> None:
    entries = [make_entry("short", verdict="short", coverage=1.0), make_entry("leak", coverage=0.2)]
    assert [group.item for group in groups([], entries, ["chats.jsonl"])] == ["leak", "short"]


def test_among_equals_the_item_in_more_rows_comes_first() -> None:
    items = [ItemReport(item="a", indexable=("x",), documents=2), ItemReport(item="b", indexable=("x",), documents=9)]
    assert [group.item for group in groups(items, [make_entry("a"), make_entry("b")], ["chats.jsonl"])] == ["b", "a"]


def test_a_groups_figures_cover_matches_that_are_not_shown() -> None:
    (group,) = groups([ItemReport(item="q/1", indexable=("x",), documents=12, max_coverage=1.0)], [make_entry()], ["chats.jsonl"])
    assert (group.documents, group.coverage) == (12, 1.0)


def test_two_matches_of_a_row_are_one_document() -> None:
    (group,) = groups([], [make_entry(), make_entry(part=f"{PART} Now.")], ["chats.jsonl"])
    assert (group.documents, len(group.shown)) == (1, 2)


def test_more_matches_than_are_shown_name_the_file_with_all(tmp_path: Path) -> None:
    assert (
        "Shown are 1 of 1,312 matches; all are in matches.parquet"
        in page(tmp_path, make_summary(), [make_entry()], total=1312).text
    )


def test_all_matches_shown_name_no_file(tmp_path: Path) -> None:
    assert "matches.parquet" not in page(tmp_path, make_summary(), [make_entry()]).text


def test_filters_offer_what_is_there(tmp_path: Path) -> None:
    entries = [make_entry(channel="code", file="b.jsonl"), make_entry(verdict="flag", file="a.jsonl")]
    found = page(tmp_path, make_summary(), entries)
    assert [select["name"] for select in found.all("select")] == ["channel", "verdict", "file"]


def test_a_filters_values_are_those_of_the_matches(tmp_path: Path) -> None:
    entries = [make_entry(file="b.jsonl"), make_entry(file="a.jsonl")]
    found = page(tmp_path, make_summary(), entries)
    offered = {option["value"] for option in found.all("option")} - {""}
    assert {match["data-file"] for match in found.all("details", **{"class": "match"})} == offered


def test_the_verdict_is_one_sentence() -> None:
    assert headline(make_summary()) == "3 of 1,200 rows leak the holdout"


def test_a_clean_verdict_counts_the_rows() -> None:
    assert headline(clean_summary()) == "No leak found in 1,200 rows"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"leaking_rows": 3}, "Inconclusive, and 3 of 1,200 rows leak the holdout already"),
        ({"leaking_rows": 1}, "Inconclusive, and 1 of 1,200 rows leaks the holdout already"),
        ({"rows": 0}, "Inconclusive: there are no rows to compare"),
        ({"items": 0}, "Inconclusive: there is no holdout item to compare"),
        ({}, "Inconclusive: no leak found, but not everything was compared"),
    ],
)
def test_an_inconclusive_verdict_says_why(changes: dict[str, Any], said: str) -> None:
    assert headline(clean_summary(verdict="inconclusive", **changes)) == said


def test_a_leak_says_what_to_do(tmp_path: Path) -> None:
    assert "run the audit again with --clean DIR" in page(tmp_path, make_summary(), [make_entry()]).text


def test_a_clean_page_says_so_and_has_no_filters(tmp_path: Path) -> None:
    found = page(tmp_path, clean_summary())
    assert ("No text of the 1,200 rows matches" in found.text, found.all("select")) == (True, [])


def test_an_inconclusive_page_is_never_called_clean(tmp_path: Path) -> None:
    summary = clean_summary(verdict="inconclusive", reasons=("chats.jsonl: 2 rows could not be read",), broken_rows=2)
    text = page(tmp_path, summary).text
    assert ("This is not a clean result" in text, "chats.jsonl: 2 rows could not be read" in text) == (True, True)


def test_nothing_compared_shows_no_tick(tmp_path: Path) -> None:
    found = page(tmp_path, clean_summary(verdict="inconclusive", rows=0, files=(), items=0, indexable_items=0))
    assert found.all("svg") == []


def test_a_partial_audit_says_so(tmp_path: Path) -> None:
    assert "did not run to its end" in page(tmp_path, clean_summary(verdict="inconclusive", partial=True)).text


@pytest.mark.parametrize("summary", [make_summary(), clean_summary(), clean_summary(verdict="inconclusive", rows=0)])
def test_what_the_audit_cannot_see_is_always_there(tmp_path: Path, summary: AuditSummary) -> None:
    assert "What this cannot see N-grams do not see paraphrases." in page(tmp_path, summary).text


def test_unreadable_rows_are_located(tmp_path: Path) -> None:
    file = make_summary().files[0].model_copy(update={"broken": 9, "first_broken": ("row 17: not JSON",)})
    text = page(tmp_path, make_summary(files=(file,), broken_rows=9)).text
    assert "chats.jsonl : 9 rows, the first 1 shown row 17: not JSON" in text


def test_items_that_cannot_be_found_stand_by_their_reason(tmp_path: Path) -> None:
    items = [ItemReport(item=f"q/{n}", indexable=(), reason="under 8 words") for n in range(15)]
    assert "under 8 words 15 q/0, q/1" in page(tmp_path, make_summary(), items=items).text


def test_items_that_can_be_found_are_not_listed(tmp_path: Path) -> None:
    assert "Items that cannot be found" not in page(tmp_path, make_summary(), items=[ItemReport(item="q", indexable=("x",))]).text


def test_a_duplicate_that_both_name_is_one_pair() -> None:
    items = [
        ItemReport(item="a", indexable=("x",), duplicate_of="b", similarity=1.0),
        ItemReport(item="b", indexable=("x",), duplicate_of="a", similarity=1.0),
        ItemReport(item="c", indexable=("x",), duplicate_of="a", similarity=0.9),
    ]
    assert duplicates(items) == [("a", "b", 1.0), ("c", "a", 0.9)]


def test_duplicates_between_splits_are_counted(tmp_path: Path) -> None:
    assert "holdout × train near: 4" in page(tmp_path, make_summary(duplicates={"holdout x train near": 4})).text


def test_settings_and_digests_are_told(tmp_path: Path) -> None:
    text = page(tmp_path, make_summary()).text
    assert all(said in text for said in ("b2:index", "b2:settings", "rule.coverage 0.1"))


@pytest.mark.parametrize(
    ("share", "said"), [(1.0, "100%"), (0.99999, "99.9%"), (0.254, "25.4%"), (0.00001, "<0.1%"), (0.0, "0.0%")]
)
def test_percentages_never_round_to_all_or_nothing(share: float, said: str) -> None:
    assert percent(share) == said


def test_the_same_audit_gives_the_same_bytes(tmp_path: Path) -> None:
    page(tmp_path, make_summary(), [make_entry()])
    first = (tmp_path / "audit.html").read_bytes()
    page(tmp_path, make_summary(), [make_entry()])
    assert (tmp_path / "audit.html").read_bytes() == first


def test_a_lone_surrogate_does_not_stop_the_page(tmp_path: Path) -> None:
    assert "⟨U+D800⟩" in page(tmp_path, make_summary(), [make_entry(document=f"\ud800 {DOCUMENT}")]).text


def test_the_holdout_is_quoted_with_a_warning(tmp_path: Path) -> None:
    assert "This page quotes the holdout" in page(tmp_path, make_summary(), [make_entry()]).text
