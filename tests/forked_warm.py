"""Imported by the server of ``forked``: what a run needs from its first line on, loaded, and compiled where it is compiled late.

Starts no thread: a fork would lose it.
"""

from __future__ import annotations

from importlib import import_module

from decontam.matching.index import build_index
from decontam.matching.match import match_text
from decontam.records import Item
from loop.report import page

_LATE = (
    *("conftest", "fakes", "finetune.scripted", "rensa", "sandlock", "evals.sandboxes.sandlock"),
    *("loop.cli", "loop.runs", "loop.closing", "loop.show", "loop.verbs.triaging", "goldens.production.triage"),
)
_CODE = "def total(hours):\n    found = 0\n    for hour in hours:\n        found += hour * 2\n    return found\n"
_WORDS = "Add up the burning hours of every lighthouse lamp in the ledger, leaving out the broken ones."


def _warm() -> None:
    for module in _LATE:
        import_module(module)
    index = build_index([Item(key="a", prompt=_WORDS, answer=_CODE * 3)])
    match_text(_WORDS + "\n" + _CODE * 3, index, ["text", "code"])
    pages = page.report_pages()
    for name in pages.list_templates():
        if name.startswith("report") and name.endswith(".html.j2"):
            pages.get_template(name)


_warm()
