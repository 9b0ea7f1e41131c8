"""What a user should know once, from places that have no table or report of their own: one line on stderr, by ``logging``."""

from __future__ import annotations

import logging

_log = logging.getLogger("goldloop")
_said: set[str] = set()


def say_once(text: str) -> None:
    """A warning of the logger ``goldloop``, which without further set-up is a line on stderr; the same text is said once."""
    if text not in _said:
        _said.add(text)
        _log.warning(text)
