"""A trainset in the formats of other trainers: one data file, what a tool needs beside it, and a card that `datasets` reads.

Covers TRL (prompt and completion; ``dpo``: prompt, chosen, rejected), Axolotl (``chat_template``), LLaMA-Factory (its OpenAI
form, with ``dataset_info.json``), ShareGPT and Alpaca. Each form is as its tool documents it; a row that a form cannot hold is an
error, never left out. Add one: a function from rows to ``Exported`` and a row in ``EXPORTS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.errors import BadInput
from evals.files import canonical_json, write_atomic, write_jsonl
from evals.plugins import load
from trainset.card import CARD, card_of
from trainset.records import Example, Trainset


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """Rows of a format, the name of their file (``.jsonl``, or ``.json`` for one list), and further files by name."""

    file: str
    rows: Sequence[Mapping[str, Any]]
    beside: Mapping[str, str] = field(default_factory=dict)


def _trl(examples: Sequence[Example]) -> Exported:
    """https://huggingface.co/docs/trl/dataset_formats: conversational prompt-completion."""
    rows = [{"prompt": list(row.prompt), "completion": list(row.completion)} for row in examples]
    return Exported(file="train.jsonl", rows=rows)


def _dpo(examples: Sequence[Example]) -> Exported:
    """The same page: conversational preference with an explicit prompt. One pair a task: its target nearest to the attempt."""
    paired = [row for row in examples if row.rejected and row.provenance.get("nearest", True)]
    if not paired:
        raise BadInput("format dpo: no row has a failing attempt; build the trainset with this version, from failures")
    pairs = [{"prompt": list(r.prompt), "chosen": list(r.completion), "rejected": list(r.rejected)} for r in paired]
    return Exported(file="train.jsonl", rows=list({canonical_json(pair): pair for pair in pairs}.values()))


_AXOLOTL = """\
# For an Axolotl configuration: only the last turn is learnt, with its end.
datasets:
  - path: train.jsonl
    ds_type: json
    type: chat_template
    field_messages: messages
    message_property_mappings:
      role: role
      content: content
    roles_to_train: [assistant]
    train_on_eos: turn
"""


def _axolotl(examples: Sequence[Example]) -> Exported:
    """https://docs.axolotl.ai/docs/dataset-formats/conversation.html: ``chat_template`` on OpenAI's messages."""
    rows = [{"messages": [*row.prompt, *row.completion]} for row in examples if _one_answer(row, "axolotl")]
    return Exported(file="train.jsonl", rows=rows, beside={"axolotl.yaml": _AXOLOTL})


def _llama_factory(examples: Sequence[Example]) -> Exported:
    """LLaMA-Factory's data/README.md: the OpenAI form, described in ``dataset_info.json``."""
    rows = [{"messages": [*row.prompt, *row.completion]} for row in examples if _one_answer(row, "llama-factory")]
    tags = {
        "role_tag": "role",
        "content_tag": "content",
        "user_tag": "user",
        "assistant_tag": "assistant",
        "system_tag": "system",
    }
    entry = {"file_name": "train.json", "formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": tags}
    return Exported(
        file="train.json", rows=rows, beside={"dataset_info.json": canonical_json({"goldloop": entry}).decode() + "\n"}
    )


_SPEAKERS = {"system": "system", "user": "human", "assistant": "gpt"}


def _sharegpt(examples: Sequence[Example]) -> Exported:
    """Conversations of ``from`` (system, human, gpt) and ``value``, as in the same README."""
    rows = [
        {
            "conversations": [
                {"from": _SPEAKERS[turn["role"]], "value": turn["content"]} for turn in (*row.prompt, *row.completion)
            ]
        }
        for row in examples
        if _one_answer(row, "sharegpt")
    ]
    return Exported(file="train.jsonl", rows=rows)


def _alpaca(examples: Sequence[Example]) -> Exported:
    """Stanford Alpaca's list of instruction, input and output, with LLaMA-Factory's ``system``."""
    rows = []
    for row in examples:
        _one_answer(row, "alpaca")
        system = "".join(turn["content"] for turn in row.prompt[:-1])
        rows.append(
            {
                "instruction": row.prompt[-1]["content"],
                "input": "",
                "output": row.completion[0]["content"],
                "system": system,
            }
        )
    return Exported(file="train.json", rows=rows)


def _one_answer(row: Example, name: str) -> bool:
    """Whether a row is one question, with or without rules before it, and its answer.

    Raises:
        BadInput: it is not; further answers in the prompt would be learnt as well.
    """
    roles = [turn["role"] for turn in row.prompt]
    if roles not in (["user"], ["system", "user"]) or len(row.completion) != 1:
        raise BadInput(
            f"format {name}: the row of {row.provenance.get('key', '(unnamed)')} has the turns {', '.join(roles)}; "
            "this form holds one question and its answer; export it as trl"
        )
    return True


EXPORTS: Mapping[str, Callable[[Sequence[Example]], Exported]] = {
    "trl": _trl,
    "axolotl": _axolotl,
    "llama-factory": _llama_factory,
    "sharegpt": _sharegpt,
    "alpaca": _alpaca,
    "dpo": _dpo,
}


def export_trainset(trainset: Trainset, examples: Sequence[Example], name: str, out: Path) -> Exported:
    """Write a trainset's rows in a format of ``EXPORTS``, or of ``pkg.mod:function``, to a folder; returns what was written.

    Raises:
        BadInput: there is no such format, it cannot hold a row, or has no row at all.
    """
    form = load(EXPORTS, name, "--format", form="pkg.mod:function")
    exported: Exported = form(examples)
    out.mkdir(parents=True, exist_ok=True)
    if exported.file.endswith(".jsonl"):
        write_jsonl(out / exported.file, exported.rows)
    else:
        write_atomic(out / exported.file, canonical_json(list(exported.rows)) + b"\n")
    for file, text in exported.beside.items():
        write_atomic(out / file, text.encode())
    card = card_of(
        exported.rows, exported.file, examples, f"Format {name}, of the trainset {trainset.digest}", trainset.index_digest
    )
    write_atomic(out / CARD, card.encode())
    return exported


__all__ = ["EXPORTS", "Exported", "export_trainset"]
