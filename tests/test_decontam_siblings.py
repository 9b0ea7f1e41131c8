"""Two tasks of one template that differ in their constants, keys or fields are not leaks of each other, and copies still are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from decontam.screen import index_splits, match_splits
from evals.records import Task

PLACES = [
    *(("clinic", "care", 950), ("flight", "fuel", 1900), ("printer", "toner", 2300), ("ferry", "deck", 1150)),
    *(("museum", "guide", 700), ("bakery", "rye", 340), ("garage", "tyre", 1275), ("harbour", "crane", 460)),
    *(("library", "late", 815), ("cinema", "row", 2640)),
]
Template = Callable[[str, str, int], str]


def fee(place: str, noun: str, rate: int) -> str:
    return (
        f"def {place}_fee(cents):\n    total = cents + (cents * {rate} + 5000) // 10000\n"
        "    return {'cents': total, 'currency': 'EUR'}\n"
    )


def event(place: str, noun: str, rate: int) -> str:
    return (
        f"def {place}_closed({place}, actor):\n    return {{'event': '{place}.closed', 'v': 2, 'actor': actor['id'], "
        f"'subject': {place}['id'], 'data': {{'{noun}': {place}['{noun}'], 'email': {place}['email'][0] + '***'}}}}\n"
    )


def body(place: str, noun: str, rate: int) -> str:
    return (
        f"def check_{place}(body):\n    errors = {{}}\n    if not body.get('{noun}'):\n        errors['{noun}'] = 'required'\n"
        f"    elif body['{noun}'] > {rate}:\n        errors['{noun}'] = 'too_large'\n    if errors:\n"
        "        return {'status': 400, 'errors': errors}\n"
        f"    return {{'status': 200, 'data': {{'{noun}': body['{noun}']}}}}\n"
    )


def retry(place: str, noun: str, rate: int) -> str:
    return (
        f"def ask_{place}(call, sleep, {noun}):\n    for attempt in range(4):\n        try:\n"
        f"            return {{'ok': True, 'value': call({noun})}}\n        except TimeoutError:\n"
        f"            sleep(0.25 * 2 ** attempt)\n    return {{'ok': False, 'error': '{place}_unavailable'}}\n"
    )


TEMPLATES = (fee, event, body, retry)
HARNESS = (
    "def vary(random, value, texts):\n    if isinstance(value, bool):\n        return random.random() < 0.5\n"
    "    if isinstance(value, int):\n        return value + random.choice([-40, -3, 7, 11, 250, 9000])\n"
    "    if isinstance(value, dict):\n        return {key: vary(random, one, texts) for key, one in value.items()}\n"
    "    return random.choice(texts)\n"
)


def sibling(make: Template, number: int, split: str, checks: str) -> Task:
    place, noun, rate = PLACES[number]
    name = f"{place}_{make.__name__}"
    row = {"id": name, "suite": "s", "split": split, "group": name, "prompt": f"{place}: {make.__name__} for {noun}."}
    return Task.model_validate({**row, "golden": make(place, noun, rate), "checks": f"assert {place} != {rate}\n{checks}"})


def suite(make: Template, held_out: int, checks: str) -> list[Task]:
    """``held_out`` of the template, two more in training; of the other templates two and eight."""
    others = [kind for kind in TEMPLATES if kind is not make]
    holdout = [sibling(make, n, "holdout", checks) for n in range(held_out)]
    holdout += [sibling(kind, n, "holdout", checks) for kind in others for n in range(2)]
    train = [sibling(make, n, "train", checks) for n in range(held_out, held_out + 2)]
    return holdout + train + [sibling(kind, n, "train", checks) for kind in others for n in range(2, 10)]


def text_of(one: Task) -> str:
    return f"{one.prompt}\n{one.golden}"


@pytest.mark.parametrize("checks", ["", HARNESS], ids=["own checks", "checks of one harness"])
@pytest.mark.parametrize("held_out", [1, 2, 4])
@pytest.mark.parametrize("make", TEMPLATES)
def test_siblings_with_their_own_constants_and_keys_are_no_leaks(make: Template, held_out: int, checks: str) -> None:
    tasks = suite(make, held_out, checks)
    index = index_splits(tasks)
    flagged = {one.id: match_splits(text_of(one), index) for one in tasks if one.split == "train"}
    assert not {name: [(match.item, match.rule) for match in found] for name, found in flagged.items() if found}


@pytest.mark.parametrize("checks", ["", HARNESS], ids=["own checks", "checks of one harness"])
@pytest.mark.parametrize("make", TEMPLATES)
def test_a_renamed_copy_of_a_sibling_is_still_found(make: Template, checks: str) -> None:
    tasks = suite(make, 1, checks)
    noun = PLACES[0][1]
    copy = (
        tasks[0]
        .golden.replace(f"{noun})", "given)")
        .replace("cents):", "pence):")
        .replace("attempt", "turn")
        .replace("body)", "sent)")
    )
    found = match_splits(f"# copied\n{copy}", index_splits(tasks))
    assert tasks[0].key in {match.item for match in found}
