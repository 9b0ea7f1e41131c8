"""Hard negatives: texts that look like the holdout and are none of it.

Covers other tasks of the same benchmarks (MBPP's training split, the training split of the shipped suites, the other half's
HumanEval in Python and JavaScript), well-known algorithms and boilerplate, both written for this bench (``texts/``).

MBPP holds the same task more than once, across its splits. ``SAME_TASK`` lists, by number, the training tasks that a person
would call the same as a holdout task (read side by side: same demand, often the same code); they are left out. Tasks that
differ in one word of the demand (even for odd, minimum for maximum, left for right) stay: they are other tasks, and hard.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import other_code
import python_code
from items import Half, Item, half_of, load_items, mbpp_train, shipped

TEXTS = Path(__file__).parent / "texts"
SAME_TASK: dict[int, tuple[str, ...]] = {
    602: ("MBPP/217",),
    608: ("MBPP/67",),
    624: ("basics/to_upper",),
    649: ("MBPP/170",),
    653: ("MBPP/174",),
    658: ("MBPP/362", "MBPP/130"),
    666: ("MBPP/204",),
    673: ("MBPP/439",),
    676: ("MBPP/173",),
    704: ("MBPP/248",),
    708: ("MBPP/118",),
    800: ("MBPP/451",),
    841: ("MBPP/296",),
    842: ("MBPP/29",),
    872: ("MBPP/216",),
    896: ("MBPP/487",),
    919: ("basics/product_of_list",),
    922: ("MBPP/415",),
    924: ("MBPP/309", "basics/max_of_two"),
    952: ("MBPP/402",),
    970: ("MBPP/404",),
}


SAME_SHARE = 0.75
_RUN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Negative:
    """One hard negative. ``kind``: ``same_benchmark`` or ``same_program`` and its source, ``algorithm`` or ``boilerplate``.

    ``name``: which one.
    """

    kind: str
    name: str
    text: str


def negatives(data: Path, half: Half) -> Iterator[Negative]:
    """The hard negatives of one half; the halves share none, except that each half's HumanEval is the other's negative."""
    programs = [runs(item) for item in load_items(data) if item.half == half]
    for item in mbpp_train(data):
        if item.half == half and int(item.id.removeprefix("MBPP/")) not in SAME_TASK:
            yield _task(item, programs)
    for item in shipped("train"):
        if item.half == half:
            yield _task(item, programs)
    for item in load_items(data):
        if item.half != half and item.source in ("humaneval", "humanevalpack-js"):
            yield _task(item, programs)
    for kind, stem in (("algorithm", "classics_python"), ("algorithm", "classics_javascript"), ("boilerplate", "boilerplate")):
        for name, text in snippets(TEXTS / f"{stem}.txt"):
            if half_of(f"{kind}/{name.removeprefix('js_')}") == half:
                yield Negative(kind=kind, name=name, text=text)


def snippets(path: Path) -> Iterator[tuple[str, str]]:
    """Name and text of each snippet: they stand one below the other, each under a line ``#%% name``."""
    for block in ("\n" + path.read_text(encoding="utf-8")).split("\n#%% ")[1:]:
        name, _, text = block.partition("\n")
        yield name, text.strip("\n") + "\n"


def runs(item: Item) -> frozenset[tuple[str, ...]]:
    """The runs of four tokens of an item's program, its own names as one."""
    text = (python_code.stripped(item.code) or item.code) if item.language == "python" else item.code
    parts = [token for kind, token in other_code.tokens(text, "javascript") if kind not in ("comment", "space")]
    kept = python_code.NAMED | other_code.JS_FIXED
    tokens = [token if not re.match(r"[A-Za-z_$]", token) or token in kept else "name" for token in parts]
    return frozenset(tuple(tokens[n : n + _RUN]) for n in range(len(tokens) - _RUN + 1))


def _task(item: Item, programs: Sequence[frozenset[tuple[str, ...]]]) -> Negative:
    own = runs(item)
    same = any(len(own & other) >= SAME_SHARE * len(own | other) for other in programs) if own else False
    kind = "same_program" if same else "same_benchmark"
    return Negative(kind=f"{kind} {item.source}", name=item.id, text=item.whole)
