"""Answers in JavaScript that go for the checks' tables and conditions: by patches, lying objects, other realms.

The files lie below ``tests/forging/javascript``. A forger of a table knows what it looks for and would pass if it saw one row;
a forger of a condition returns an object that says yes; what escapes would find another realm if it were given anything of
one. The judge alone, without reading them, lets none through.
"""

from __future__ import annotations

import pytest
from javascript_tasks import judged, scripts

pytestmark = pytest.mark.slow

FOLDER = "forging/javascript"
PARTS = {name: found["code"] for name, found in scripts(FOLDER).items()}
TABLES = {name: found["code"] for name, found in scripts(f"{FOLDER}/tables").items()}
ESCAPES = {name: found["code"] for name, found in scripts(f"{FOLDER}/escapes").items()}
CONDITIONS = scripts(f"{FOLDER}/conditions")
SQUARE = "const square = (x) => x * x;"


def test_the_spy_answers_from_what_it_sees() -> None:
    code = PARTS["spy"] + "seen[seen.length] = [[2, 4], [5, 25], [7, 49]];"
    assert judged(code, TABLES["for_of"], SQUARE).passed


@pytest.mark.parametrize("table", TABLES)
def test_no_patch_shows_an_answer_a_table(table: str) -> None:
    found = judged(PARTS["spy"], TABLES[table], SQUARE)
    assert found.status == "fail", found
    assert judged(SQUARE, TABLES[table], SQUARE).passed


def test_the_probe_would_find_another_realm() -> None:
    code = PARTS["probe"] + "const other = require('vm').runInNewContext('({})'); const square = () => probe(other) ?? 0;"
    assert judged(code, PARTS["reached"], SQUARE).passed


@pytest.mark.parametrize("escape", ESCAPES)
def test_nothing_of_the_checks_realm_comes_to_an_answer(escape: str) -> None:
    found = judged(PARTS["probe"] + ESCAPES[escape], PARTS["reached"], SQUARE)
    assert found.status == "fail", found
    assert found.evidence.get("expected") == "49", found  # it ran to the end and found nothing


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_is_not_decided_by_what_it_asks_of(name: str) -> None:
    found = CONDITIONS[name]
    honest = judged(found["golden"], found["checks"])
    assert honest.passed, honest
    assert judged(found["code"], found["checks"], found["golden"]).status == "fail"
