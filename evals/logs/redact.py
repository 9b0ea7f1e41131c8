"""Redaction of logs before anything of them is kept: secrets and personal data give way to placeholders.

A placeholder such as ``<EMAIL_3fa2b1c4>`` is the start of an HMAC-SHA256 of kind and value with the key of the project: the same
secret reads the same in all records, and nobody without the key can test a guess. Code is not rewritten, since one changed
constant makes another program: what stands in code is named in ``Redacted.in_code``, and the caller puts the record before a
person.

Kinds are ``secret``, ``email``, ``phone``, ``card``, ``ip``, ``name`` and ``hook``. What they look like, and what counts as no
secret, is in ``evals.logs.patterns`` and ``evals.logs.personal``. Does not find secrets that nothing marks: a password in the
midst of prose, a random word without quotes, a postal address. Names are searched in English prose only, not in code.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from evals.errors import BadInput
from evals.logs import patterns, personal
from evals.logs.patterns import PLACEHOLDER, Span

_SHORTEST_KEY = 16  # bytes
_MOST_PASSES = 8
_MOST_REPEATED = 64  # values of one record that are searched wherever else they stand
_SHORTEST_REPEATED = 8

_FENCE = re.compile(r"^[ \t>]{0,40}(?:(?:[-*+]|\d{1,9}[.)])[ \t]{1,8})?(`{3,}+|~{3,}+)[^\n`]*$", re.MULTILINE)
_CLASSES = bytes(
    ord("0") if chr(byte).isdigit() and byte < 128 else ord("a") if chr(byte).isalpha() and byte < 128 else byte
    for byte in range(256)
)
_IN_WORDS = bytes(ord("a") if chr(byte) in patterns.IN_LONG_WORDS else ord(" ") for byte in range(256))
_A_LONG_WORD = b"a" * patterns.SHORTEST_LONG_WORD
_A_DIGIT = re.compile(rb"[0-9]")
_HEX_RUN = re.compile(r"(?<![A-Za-z0-9])(?:0x)?[0-9a-fA-F]{32,}+(?![A-Za-z0-9])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """A text without what rules found.

    ``counts`` says how many stretches of each kind were replaced. ``in_code`` names, sorted, the kinds that were found in code
    and left there: where it is not empty, ``text`` still holds them and must not be kept before a person has seen it.
    """

    text: str
    counts: Mapping[str, int]
    in_code: tuple[str, ...] = ()


_NOTHING: Mapping[str, int] = MappingProxyType({})


@dataclass(slots=True, kw_only=True)
class _Piece:
    """A stretch of one text that is prose or code."""

    text: str
    code: bool


class Redactor:
    """Replaces secrets and personal data; one a project, since its key makes the placeholders."""

    def __init__(self, key: bytes, *, hook: Callable[[str], str] | None = None, names: bool = False) -> None:
        """Sets up what is searched.

        Args:
            key: of the project, at least 16 random bytes; another key gives other placeholders.
            hook: gets each stretch of prose after all rules, and each of code, and returns it redacted. What it returns for code
                is used only to see that it found something, unless code is to be rewritten. What it raises is not caught.
            names: whether names of people are replaced, too (needs Presidio).

        Raises:
            BadInput: the key is too short, or Presidio or its model is missing.
        """
        if len(key) < _SHORTEST_KEY:
            raise BadInput(
                f"the key for redaction has {len(key)} bytes, expected at least {_SHORTEST_KEY}, or placeholders can be guessed: "
                "make one with secrets.token_bytes(32) and keep it with the project"
            )
        self._key = key
        self._hook = hook
        self._names = personal.NameFinder() if names else None

    def redact(self, text: str, *, code: bool = False, rewrite_code: bool = False) -> Redacted:
        """The text without secrets; ``code`` says that all of it is code, otherwise fenced blocks are.

        ``redact(redact(text).text).text == redact(text).text``, as far as the hook keeps to it. Takes time in proportion to the
        text.

        Args:
            text: any text, of any length.
            code: whether the text is code as a whole.
            rewrite_code: whether to replace in code, too, for records that a person has released.

        Raises:
            BadInput: the hook returned no text.
        """
        if self._hook is None and self._names is None and not _may_have_fences(text) and not find_spans(text, code=code):
            return Redacted(text=text, counts=_NOTHING)
        return self.redact_parts([text], code=[code], rewrite_code=rewrite_code)[0]

    def is_clean(self, parts: Sequence[str], *, code: Sequence[bool]) -> bool:
        """Whether ``redact_parts`` would change nothing and find nothing in code; much faster where that is so."""
        if self._hook is not None or self._names is not None:
            return False
        for text, is_code in zip(parts, code, strict=True):
            if is_code or not _may_have_fences(text):
                if find_spans(text, code=is_code):
                    return False
            elif any(find_spans(piece.text, code=piece.code) for piece in _pieces(text, code=False)):
                return False
        return True

    def redact_parts(
        self, parts: Sequence[str], *, code: Sequence[bool] | None = None, rewrite_code: bool = False
    ) -> tuple[Redacted, ...]:
        """The texts of one record, each as ``redact`` gives it; a secret found in one is a secret in the others, too.

        So a key that ``api_key = ...`` gives away in the question is replaced where it stands alone in the answer.

        Raises:
            BadInput: the hook returned no text, or ``code`` has another length than ``parts``.
        """
        if code is not None and len(code) != len(parts):
            raise BadInput(f"redact_parts got {len(parts)} parts and {len(code)} marks of code, expected one for each")
        texts = [list(_pieces(text, code is not None and code[at])) for at, text in enumerate(parts)]
        known: dict[str, None] = {}
        counts = [Counter[str]() for _ in texts]
        in_code: list[set[str]] = [set() for _ in texts]
        for last in range(_MOST_PASSES, 0, -1):
            found = [[self._spans(piece) for piece in pieces] for pieces in texts]
            if not any(map(any, found)):
                break
            known |= dict.fromkeys(_repeatable(span for spans in found for row in spans for span in row))
            repeated = _any_of(list(known)[:_MOST_REPEATED])
            changed = False
            for at, (pieces, rows) in enumerate(zip(texts, found, strict=True)):
                for piece, spans in zip(pieces, rows, strict=True):
                    if repeated is not None:
                        spans = [*spans, *_repeats(repeated, piece.text)]
                    if piece.code and not rewrite_code:
                        in_code[at].update(span.kind for span in spans)
                    elif spans:
                        piece.text, replaced = self._replaced(piece.text, spans)
                        counts[at] += replaced
                        changed = True
            if not changed or last == 1:
                break
        for at, pieces in enumerate(texts):
            for piece in pieces:
                self._hooked(piece, counts[at], in_code[at], rewrite_code=rewrite_code)
        return tuple(
            Redacted(
                text="".join(piece.text for piece in pieces), counts=MappingProxyType(dict(counted)), in_code=tuple(sorted(kinds))
            )
            for pieces, counted, kinds in zip(texts, counts, in_code, strict=True)
        )

    def _spans(self, piece: _Piece) -> list[Span]:
        """What all rules find in a piece; stretches that are placeholders already are left out."""
        spans = find_spans(piece.text, code=piece.code)
        if self._names is not None and not piece.code:
            spans.extend(self._names.spans(piece.text))
        return [span for span in spans if not _is_done(piece.text, span)] if spans else spans

    def _replaced(self, text: str, spans: Iterable[Span]) -> tuple[str, Counter[str]]:
        """The text with one placeholder for all that overlaps; the widest gives kind and value where it covers the others."""
        kept: list[str] = []
        counts: Counter[str] = Counter()
        after = 0
        for span in _united(text, spans):
            kept += [text[after : span.start], self.placeholder(span.kind, span.value)]
            counts[span.kind] += 1
            after = span.end
        return "".join([*kept, text[after:]]), counts

    def placeholder(self, kind: str, value: str) -> str:
        """What stands for a value: the kind and 32 bits of an HMAC-SHA256 of kind and value."""
        message = f"{kind}\0{value}".encode("utf-8", "surrogatepass")
        return f"<{kind.upper()}_{hmac.new(self._key, message, hashlib.sha256).hexdigest()[:8]}>"

    def _hooked(self, piece: _Piece, counts: Counter[str], in_code: set[str], *, rewrite_code: bool) -> None:
        if self._hook is None or not piece.text:
            return
        text = self._hook(piece.text)
        if not isinstance(text, str):
            raise BadInput(f"the hook for redaction returned {type(text).__name__}, expected the text, redacted or as it was")
        if text != piece.text and piece.code and not rewrite_code:
            in_code.add("hook")
        elif text != piece.text:
            piece.text = text
            counts["hook"] += 1


def find_spans(text: str, *, code: bool) -> list[Span]:
    """All that the rules find in prose or in code, in no order, perhaps overlapping.

    Each rule has a gate that ordinary text fails: a scan for bytes over the text in ASCII, character for character.
    """
    shadow = text.encode("ascii", "replace")
    spans: list[Span] = []
    if b"@" in shadow:
        spans.extend(personal.email_addresses(text, code=code))
        if "://" in text:
            spans.extend(personal.passwords_in_urls(text))
    has_digits = _A_DIGIT.search(shadow) is not None
    lowered = shadow.lower()
    keywords = [word for word in (patterns.KEYWORDS if has_digits else patterns.KEYWORDS_OF_WORDS) if word in lowered]
    if keywords:
        spans.extend(_assigned(text, lowered, keywords, code=code))
    if b"-----BEGIN" in shadow:
        spans.extend(patterns.private_keys(text))
    if has_digits:
        spans.extend(_numeric(text, shadow, code=code))
    return spans


def _assigned(text: str, lowered: bytes, keywords: Sequence[bytes], *, code: bool) -> Iterator[Span]:
    """Values of names that say what they are."""
    places: list[int] = []
    for keyword in keywords:
        own = patterns.places_of(lowered, keyword)
        yield from patterns.assignments(text, own, keyword, code=code)
        places += own
    for start, end in _windows(text, sorted(places)):
        window = text[start:end]
        if '"' in window or "'" in window:
            yield from patterns.values_of_keywords(window, start)


def _numeric(text: str, shadow: bytes, *, code: bool) -> Iterator[Span]:
    """What has digits in it."""
    classes = shadow.translate(_CLASSES)
    v4 = b"0.0" in classes and b"..." in shadow.translate(None, b"0123456789")
    v6 = b":" in shadow and shadow.count(b":") > 1 and (b"::" in shadow or shadow.count(b":") > 6)
    if v4 or v6:
        yield from personal.ip_addresses(text, v4=v4, v6=v6)
    if b"0000000" in classes.translate(None, b" ().-/?"):
        yield from personal.numbers(text)
    words = classes.translate(_IN_WORDS)
    if _A_LONG_WORD in words:
        yield from patterns.headers(text, shadow.lower())
        yield from _long_words(text, words, code=code)


def _long_words(text: str, words: bytes, *, code: bool) -> Iterator[Span]:
    """Tokens and random strings among the words that are long enough; ``words`` has blanks where the text has none of one."""
    places = []
    start = words.find(_A_LONG_WORD)
    while start >= 0:
        end = words.find(b" ", start)
        end = end if end >= 0 else len(words)
        if patterns.is_mixed(text[start:end]):
            yield from patterns.prefixed_tokens(text, start, end)
            places.append(start)
        start = words.find(_A_LONG_WORD, end)
    for start, end in _windows(text, places):
        yield from patterns.tokens_of_plugins(text[start:end], start)
        yield from patterns.random_strings(text[start:end], start)
    if code and places:
        for found in _HEX_RUN.finditer(text):
            if patterns.is_mixed(found[0]) and not patterns.is_dummy(found[0]):
                yield Span(start=found.start(), end=found.end(), kind="secret", value=found[0])


_BEFORE, _AFTER = 120, 600  # characters of a line around a place that another package's patterns get


def _windows(text: str, places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Stretches of lines around places in ascending order; a character is in two at most."""
    covered = -1
    for place in places:
        if place + _BEFORE < covered:
            continue
        start = max(text.rfind("\n", max(0, place - _BEFORE), place) + 1, place - _BEFORE, 0)
        end = text.find("\n", place, place + _AFTER)
        covered = end if end >= 0 else min(len(text), place + _AFTER)
        yield start, covered
        covered = covered + _BEFORE if end >= 0 else covered


def _pieces(text: str, code: bool) -> Iterator[_Piece]:
    """Prose and fenced blocks in turn; a block that is not closed goes on to the end."""
    if code or not _may_have_fences(text):
        yield _Piece(text=text, code=code)
        return
    after, opened, fence = 0, -1, ""
    for line in _FENCE.finditer(text):
        if opened < 0:
            opened, fence = line.start(), line[1]
        elif line[1].startswith(fence) and not line[0].rstrip().strip("`~ \t>"):
            yield _Piece(text=text[after:opened], code=False)
            yield _Piece(text=text[opened : line.end()], code=True)
            after, opened = line.end(), -1
    if opened >= 0:
        yield _Piece(text=text[after:opened], code=False)
    yield _Piece(text=text[max(after, opened) :], code=opened >= 0)


def _may_have_fences(text: str) -> bool:
    return ("`" in text and "```" in text) or ("~" in text and "~~~" in text)


def _is_done(text: str, span: Span) -> bool:
    """Whether nothing but placeholders is left in a span, or it is a part of one."""
    around = text[max(0, span.start - 20) : span.end + 20]
    if "<" not in around:
        return False
    begin = max(0, span.start - 20)
    if any(begin + found.start() <= span.start and span.end <= begin + found.end() for found in PLACEHOLDER.finditer(around)):
        return True
    return not any(map(str.isalnum, PLACEHOLDER.sub("", text[span.start : span.end])))


def _united(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Spans in order that do not overlap: those that did are one, of the kind of the widest."""
    group: list[Span] = []
    end = 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if group and span.start >= end:
            yield _one(text, group, end)
            group = []
        end = max(end, span.end) if group else span.end
        group.append(span)
    if group:
        yield _one(text, group, end)


def _one(text: str, group: Sequence[Span], end: int) -> Span:
    widest = max(group, key=lambda span: (span.end - span.start, span.kind == "secret"))
    start = group[0].start
    covers = widest.start == start and widest.end == end
    return widest if covers else Span(start=start, end=end, kind=widest.kind, value=text[start:end])


def _repeatable(spans: Iterable[Span]) -> Iterator[str]:
    """Values of secrets that cannot be anything else where they stand alone."""
    for span in spans:
        if span.kind == "secret" and len(span.value) >= _SHORTEST_REPEATED and patterns.is_mixed(span.value):
            yield span.value


def _any_of(values: Sequence[str]) -> re.Pattern[str] | None:
    longest_first = sorted(values, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)") if values else None


def _repeats(repeated: re.Pattern[str], text: str) -> Iterator[Span]:
    for found in repeated.finditer(text):
        yield Span(start=found.start(), end=found.end(), kind="secret", value=found[0])
