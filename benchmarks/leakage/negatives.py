"""Hard negatives: texts that look like the holdout and are none of it.

Covers other tasks of the same benchmarks (MBPP's training split, the training split of the shipped suites, the other half's
HumanEval in Python and JavaScript), well-known algorithms and boilerplate, both written for this bench (``texts/``).

MBPP holds the same task more than once, across its splits. ``SAME_TASK`` lists, by number, the training tasks that a person
would call the same as a holdout task (read side by side: same demand, often the same code); they are left out. Tasks that
differ in one word of the demand (even for odd, minimum for maximum, left for right) stay: they are other tasks, and hard.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Negative:
    """One hard negative. ``kind``: ``same_benchmark`` and its source, ``algorithm`` or ``boilerplate``; ``name``: which one."""

    kind: str
    name: str
    text: str


def negatives(data: Path, half: Half) -> Iterator[Negative]:
    """The hard negatives of one half; the halves share none, except that each half's HumanEval is the other's negative."""
    for item in mbpp_train(data):
        if item.half == half and int(item.id.removeprefix("MBPP/")) not in SAME_TASK:
            yield _task(item)
    for item in shipped("train"):
        if item.half == half:
            yield _task(item)
    for item in load_items(data):
        if item.half != half and item.source in ("humaneval", "humanevalpack-js"):
            yield _task(item)
    for kind, stem in (("algorithm", "classics_python"), ("algorithm", "classics_javascript"), ("boilerplate", "boilerplate")):
        for name, text in snippets(TEXTS / f"{stem}.txt"):
            if half_of(f"{kind}/{name.removeprefix('js_')}") == half:
                yield Negative(kind=kind, name=name, text=text)


def snippets(path: Path) -> Iterator[tuple[str, str]]:
    """Name and text of each snippet: they stand one below the other, each under a line ``#%% name``."""
    for block in ("\n" + path.read_text(encoding="utf-8")).split("\n#%% ")[1:]:
        name, _, text = block.partition("\n")
        yield name, text.strip("\n") + "\n"


def _task(item: Item) -> Negative:
    return Negative(kind=f"same_benchmark {item.source}", name=item.id, text=item.whole)
