"""Licences and frames of programs are no item's own text: they flag nothing, and hide nothing that stands beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decontam.audit.run import Audit, AuditSettings, run_audit
from decontam.holdouts import load_items
from decontam.matching.index import build_index
from decontam.matching.match import match_text
from decontam.matching.stock import is_stock, licences, scaffolds
from decontam.records import Item
from decontam.sources import find_sources
from evals.errors import Inconclusive

OWN = (
    "Given the tide table of a harbour, return the hours in which a ferry with the given draught may enter, counting the slack "
    "water before and after each flood, and none in which another ferry has been announced."
)
ANSWER = (
    "def safe_hours(tides, draught):\n    floods = [tide for tide in tides if tide.depth > draught + 17]\n"
    "    return sorted({hour for flood in floods for hour in range(flood.start - 1, flood.end + 2)})\n"
)
OTHER = "class Lamp:\n    def brightest(self):\n        return sorted(self.colours, key=len)[-1]\n"
PROSE = "A notice about the opening of the new library in the old mill by the river, written for those who live near it."
LICENCES = dict(licences())
FRAMES = {name: text for name, text in scaffolds() if not name.startswith("notices")}
HEADS = {
    "copyright line": "# Copyright (c) 2011-2019 Jane Doe <jane@example.org>\n# All rights reserved.\n",
    "spdx": "// SPDX-FileCopyrightText: 2020 Jane Doe and the lamp authors\n// SPDX-License-Identifier: GPL-2.0-or-later\n",
    "imports": "import os, sys\nimport numpy as np\nfrom collections import Counter, defaultdict, deque\nfrom typing import *\n",
    "includes": "#include <algorithm>\n#include <cstdio>\n#include \"lamp.h\"\nusing namespace std;\n#include <vector>\n",
    "requires": "const fs = require('fs');\nconst { join } = require('path');\nimport lamp from './lamp';\nimport './l.css';\n",
    "another class": "import unittest\n\nclass Shades(unittest.TestCase):\n    def setUp(self):\n        self.maxDiff = None\n",
}  # fmt: skip


def commented(text: str) -> str:
    return "".join(f"# {line}\n" for line in text.splitlines())


def item(key: str, prompt: str, answer: str = "") -> Item:
    return Item(key=key, prompt=prompt, answer=answer)


@pytest.mark.parametrize("name", ["MIT", "Apache-2.0", "BSD-3-Clause", "ISC"])
@pytest.mark.parametrize("part", ["prompt", "answer"])
def test_a_licence_above_an_item_flags_no_other_text_below_it(name: str, part: str) -> None:
    head = "# Copyright 2017-2019 Jane Doe\n#\n" + commented(LICENCES[name])
    one = item("x", head + OWN, ANSWER) if part == "prompt" else item("x", OWN, head + ANSWER)
    index = build_index([one])
    assert not match_text(head + OTHER, index)
    assert not match_text(head + PROSE, index)
    assert any(match.leak for match in match_text(OTHER + OWN, index))


@pytest.mark.parametrize("name", [*FRAMES, *HEADS])
@pytest.mark.parametrize("part", ["prompt", "answer"])
def test_a_frame_around_an_item_flags_no_other_program_in_it(name: str, part: str) -> None:
    frame = FRAMES.get(name) or HEADS[name]
    one = item("x", f"{frame}\n{OWN}", ANSWER) if part == "prompt" else item("x", OWN, f"{frame}\n{ANSWER}")
    index = build_index([one])
    assert not match_text(f"{frame}\n{OTHER}", index)
    assert not match_text(f"{frame}\n{PROSE}", index)


@settings(deadline=None)  # the first example compiles the kernels
@given(st.sampled_from(sorted(LICENCES)), st.sampled_from(sorted(FRAMES)), st.booleans())
def test_an_item_is_found_by_what_stands_between_licences_and_frames(licence: str, frame: str, answer: bool) -> None:
    index = build_index([item("x", f"{LICENCES[licence]}\n{OWN}", f"{FRAMES[frame]}\n{ANSWER}")])
    text = f"{PROSE}\n{FRAMES[frame]}\n{ANSWER if answer else OWN}\n{LICENCES[licence]}"
    assert any(match.leak for match in match_text(text, index))


def test_words_of_a_licence_in_a_sentence_are_an_items_own() -> None:
    prompt = (
        "Say whether the person to whom the Software is furnished had paid for each copy that the seller had delivered to them."
    )
    assert any(match.leak for match in match_text(f"{PROSE} {prompt}", build_index([item("x", prompt, ANSWER)])))


def test_prose_that_begins_like_an_import_is_an_items_own() -> None:
    prompt = "import all shipments that the customs office has stopped since spring and return their owners by name"
    assert any(match.leak for match in match_text(f"{PROSE}\n{prompt}\n{PROSE}", build_index([item("x", prompt)])))


def test_nothing_but_stock_is_stock() -> None:
    assert is_stock([commented(LICENCES["MIT"]), HEADS["imports"]])
    assert not is_stock([commented(LICENCES["MIT"]), OWN, ANSWER, OWN])
    assert not is_stock(["", "short"])


def test_a_holdout_of_nothing_but_licences_is_inconclusive() -> None:
    with pytest.raises(Inconclusive):
        build_index([item("x", commented(LICENCES["MIT"])), item("y", HEADS["imports"])])


def audited(folder: Path, items: list[dict[str, Any]], rows: list[str]) -> Audit:
    holdout, training = folder / "holdout.jsonl", folder / "train.jsonl"
    holdout.write_text("".join(json.dumps(one) + "\n" for one in items))
    training.write_text("".join(json.dumps({"text": text}) + "\n" for text in rows))
    return run_audit(find_sources([str(training)]), load_items([str(holdout)]), AuditSettings())


def test_an_item_of_nothing_but_stock_is_named_with_the_reason(tmp_path: Path) -> None:
    head = {"task_id": "head", "prompt": commented(LICENCES["Apache-2.0"])}
    audit = audited(tmp_path, [head, {"task_id": "tides", "prompt": OWN, "answer": ANSWER}], [PROSE, head["prompt"]])
    assert audit.summary.verdict == "clean"
    assert audit.summary.indexable_items == 1
    assert any(reason.endswith("head") for reason in audit.summary.reasons)
    (report,) = (one for one in audit.items if one.item.endswith("head"))
    assert report.indexable == ()
    assert "licences" in report.reason
