"""Syntax trees of text that anybody wrote, in bounded time: tree-sitter recovers from errors, at worst in quadratic time."""

from __future__ import annotations

import time
from typing import Any

_SHORT_BYTES = 20_000  # read in under a second whatever it is
_CHUNK_BYTES = 1 << 16
_MOST_SECONDS = 3.0  # of this thread's processor time


class Unreadable(ValueError):
    """A text that a parser takes too long for."""


def root_of(parser: Any, source: str) -> Any:
    """The root of a text's tree.

    Raises:
        Unreadable: it would take too long.
    """
    data = source.encode(errors="replace")
    if len(data) > _SHORT_BYTES:  # a trial: only text in chunks can be given up, and only whole text is quick to look into
        end = time.thread_time() + _MOST_SECONDS
        try:
            parser.parse(
                lambda at, place: data[at : at + _CHUNK_BYTES], progress_callback=lambda at, failed: time.thread_time() > end
            )
        except ValueError:
            parser.reset()
            raise Unreadable(f"its {len(data):,} bytes take more than {_MOST_SECONDS:g} s to parse") from None
    return parser.parse(data).root_node
