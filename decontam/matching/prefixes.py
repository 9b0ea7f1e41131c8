"""What tools write before each line of a text: numbers, places, authors, times, levels, nicks, marks of comments and quotes.

A kind of prefix is taken off where most lines of a block have it, and never else: a sum that begins with a number is no line
number. White space after it goes with it, which neither channel reads. What is left may have a prefix of its own
(``[10:01] <nick> 3: ...``): views are looked at again.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

LEAST_LINES = 3
_MOST = 0.6  # of the lines of a block that are not empty
_MONTHS = b"Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_CLOCK = rb"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\b)?"
_TIME = (
    rb"(?:\d{4}[-/.]\d\d[-/.]\d\d(?:[T ]+" + _CLOCK + rb")?|(?:" + _MONTHS + rb") +\d{1,2},? (?:\d{4} )?" + _CLOCK
    + rb"|" + _CLOCK + rb"|[IWEF]\d{4} " + _CLOCK + rb" +\d+ [\w./-]+:\d+\])(?: ?(?:Z\b|[+-]\d\d:?\d\d\b|UTC\b))?"
)  # fmt: skip
_START = rb"^[ \t]*"


def _lines(pattern: bytes, flags: int = 0) -> re.Pattern[bytes]:
    return re.compile(_START + pattern, re.MULTILINE | flags)


_KINDS: tuple[re.Pattern[bytes], ...] = (
    _lines(rb"\^?[0-9a-f]{7,40} [^(\n]{0,60}\([^)\n]{0,60}? \d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4} +\d+\)[ \t]*"),  # git blame
    _lines(rb"[\[(]?" + _TIME + rb"[\])]?[ \t|:-]*"),
    _lines(rb"[^\s:][^:\n]{0,150}?(?P<mark>[:-])\d{1,6}(?P=mark)[ \t]*"),  # grep -n
    _lines(rb"(?:[\[(]\d{1,6}[\])]|\d{1,6})[ \t]*(?:[:.|)>]|\xe2\x94\x82|-(?!\d))?[ \t]*"),
    _lines(rb"(?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|CRITICAL|FATAL|NOTICE|LOG)\b[]|: \t-]*", re.IGNORECASE),
    _lines(rb"<[@+%~& ]?[\w\[\]\\^{}|`.-]{1,30}>[ \t]"),
    _lines(rb"[\w.-]{1,40}\[\d{1,7}\]:[ \t]*"),
    _lines(rb"(?:In \[\d+\]:|Out\[\d+\]:|>>>|\.\.\.:?)[ \t]?"),
    _lines(rb"(?:#+|//+|--+|\*+|>+|\+|\||;;+|%+)[ \t]?"),
)
_NICK = _lines(rb"(?P<nick>[\w\[\]\\^{}|`@.-]{1,24})[:>][ \t]")


def without_prefixes(block: bytes) -> list[tuple[int, int]] | None:
    """The stretches of a block that are left without what stands before its lines, as (first byte, end); None if nothing does."""
    lines = sum(1 for line in block.split(b"\n") if line.strip())
    if lines < LEAST_LINES:
        return None
    least = max(LEAST_LINES - 1, _MOST * lines)
    for kind in _KINDS:
        found = [match.span() for match in kind.finditer(block)]
        if len(found) >= least:
            return list(_between(found, len(block)))
    nicks = list(_NICK.finditer(block))
    if len(nicks) >= least and 3 * len({match["nick"] for match in nicks}) <= len(nicks) + 3:
        return list(_between([match.span() for match in nicks], len(block)))
    return _without_same_start(block, least)


def _without_same_start(block: bytes, least: float) -> list[tuple[int, int]] | None:
    """Without the words that most lines begin with, if they are more than a few letters."""
    starts: dict[bytes, int] = {}
    for line in re.finditer(rb"^[ \t]*(\S.{0,79})", block, re.MULTILINE):
        for cut in itertools.islice(re.finditer(rb"[\s:|\]>)]+", line[1]), 6):
            words = line[1][: cut.end()].rstrip()
            starts[words] = starts.get(words, 0) + 1
    often = [start for start, count in starts.items() if count >= least and len(start) >= 3 and not start.isalnum()]
    if not often:
        return None
    longest = max(often, key=len)
    found = [match.span() for match in re.finditer(_START + re.escape(longest) + rb"[ \t|:>-]*", block, re.MULTILINE)]
    return list(_between(found, len(block)))


def _between(gone: list[tuple[int, int]], end: int) -> Iterator[tuple[int, int]]:
    at = 0
    for first, last in gone:
        if first > at:
            yield at, first
        at = max(at, last)
    if at < end:
        yield at, end
