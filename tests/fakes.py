"""Fakes for the logic around the model: backends that answer right once they have an adapter, and others."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from evals.files import read_json, read_records
from evals.languages import LANGUAGES
from evals.models.base import Completion, Sampling
from evals.models.scripted import ScriptedBackend
from evals.records import ModelRef
from finetune.base import WEIGHTS
from finetune.scripted import ScriptedTrainer
from trainset.records import Example

UNMUTATED = replace(LANGUAGES["python"], name="unmutated", mutator="")
"""A language whose programs run and that nothing mutates: ``language: fakes:UNMUTATED``."""


def answer_right(prompt: str) -> str:
    name = re.findall(r"`(\w+)\(", prompt)[0]
    topic = name.rpartition("_")[2]
    return f"```python\ndef {name}():\n    return 'secret {topic}'\n```"


def answer_wrong(prompt: str) -> str:
    name = re.findall(r"`(\w+)\(", prompt)[0]
    return f"```python\ndef {name}():\n    return 'no idea'\n```"


class LearningBackend(ScriptedBackend):
    """Wrong without an adapter, right with one. Usable from a configuration as ``fakes:LearningBackend``."""

    def __init__(self, ref: ModelRef, *, batch_size: int = 4) -> None:
        super().__init__(answer_right if ref.adapter else answer_wrong, ref=ref, batch_size=batch_size)


class Perfect(ScriptedBackend):
    def __init__(self, ref: ModelRef, *, batch_size: int = 4) -> None:
        super().__init__(answer_right, ref=ref)


class Dead(ScriptedBackend):
    def __init__(self, ref: ModelRef, *, batch_size: int = 4) -> None:
        super().__init__(lambda prompt: None, ref=ref)


class Recovering(LearningBackend):
    broken = False

    def generate(self, prompts: Any, sampling: Sampling) -> list[Completion]:
        if self.broken:
            return [Completion(text="", finish_reason="error", error="server gone") for _ in prompts]
        return super().generate(prompts, sampling)


class Forgetful(ScriptedBackend):
    """Learns the target and forgets the guard."""

    def __init__(self, ref: ModelRef, *, batch_size: int = 4) -> None:
        good, _ = ("codes", "others") if ref.adapter else ("others", "codes")
        super().__init__(lambda prompt: answer_right(prompt) if good in prompt else answer_wrong(prompt), ref=ref)


class Slow(ScriptedBackend):
    """The base fails half of the training tasks; the first adapter passes the holdout and fails the other half."""

    def __init__(self, ref: ModelRef, *, batch_size: int = 4) -> None:
        early = ("anchor", "basket", "candle")

        def answer(prompt: str) -> str:
            is_early = any(word in prompt for word in early)
            is_train = is_early or any(word in prompt for word in ("dragon", "engine", "feather"))
            right = (not is_early if is_train else False) if not ref.adapter else (is_early if is_train else True)
            return answer_right(prompt) if right else answer_wrong(prompt)

        super().__init__(answer, ref=ref)


class Climber(ScriptedBackend):
    """Learns the easier half of the words from one row a task, and the harder half from two.

    What an adapter was trained on is read beside it. Words that begin with a to d, i to n, y or z are easy.
    """

    def __init__(self, ref: ModelRef, *, batch_size: int = 4) -> None:
        level = self._level(Path(ref.adapter)) if ref.adapter else 0

        def answer(prompt: str) -> str:
            topic = re.findall(r"`(\w+)\(", prompt)[0].rpartition("_")[2]
            return answer_right(prompt) if level > (topic[0] not in "abcdijklmnyz") else answer_wrong(prompt)

        super().__init__(answer, ref=ref, batch_size=batch_size)

    @staticmethod
    def _level(adapter: Path) -> int:
        trainset = adapter / read_json(adapter / "trained-on.json")["trainset"]
        rows = Counter(str(row.provenance["key"]) for row in read_records(trainset / "trainset.jsonl", Example))
        return max(rows.values())


class Lucky(ScriptedBackend):
    """Right with the adapter of seed 1 alone, as the scripted trainer writes it; else wrong."""

    def __init__(self, ref: ModelRef, *, batch_size: int = 4) -> None:
        lucky = bool(ref.adapter) and Path(ref.adapter, WEIGHTS).read_text().endswith("seed 1")
        super().__init__(answer_right if lucky else answer_wrong, ref=ref, batch_size=batch_size)


class Slowest(ScriptedBackend):
    """Never right."""

    def __init__(self, ref: ModelRef, *, batch_size: int = 4) -> None:
        super().__init__(answer_wrong, ref=ref, batch_size=batch_size)


class Addresses(ScriptedBackend):
    """Without an adapter it returns an object whose text is its address, or raises with the working folder's name."""

    def __init__(self, ref: ModelRef, *, batch_size: int = 4) -> None:
        def answer(prompt: str) -> str:
            if ref.adapter:
                return answer_right(prompt)
            name = re.findall(r"`(\w+)\(", prompt)[0]
            body = "raise ValueError(__import__('os').getcwd())" if "anchor" in prompt else "return lambda: 1"
            return f"```python\ndef {name}():\n    {body}\n```"

        super().__init__(answer, ref=ref)


class Unhelpful(ScriptedBackend):
    """Answers every question with a function that does nothing."""

    def __init__(self, ref: ModelRef, *, batch_size: int = 4) -> None:
        super().__init__(lambda prompt: "```python\ndef nothing():\n    pass\n```", ref=ref, batch_size=batch_size)


class Sampler(ScriptedBackend):
    """Wrong when greedy, right with an adapter; what it says at a temperature follows from the prompt and its seed.

    It solves anchor by itself in many ways and basket in one, revises candle in two ways, continues dragon from a hint, and
    solves no other topic.
    """

    def __init__(self, ref: ModelRef, *, batch_size: int = 4) -> None:
        super().__init__(answer_right if ref.adapter else answer_wrong, ref=ref, batch_size=batch_size)
        self.asked: list[str] = []

    def generate(self, prompts: Any, sampling: Sampling) -> list[Completion]:
        """Answer at a temperature as the class says."""
        if sampling.temperature == 0 or self.ref.adapter:
            return super().generate(prompts, sampling)
        return [Completion(text=self._sampled(prompt), finish_reason="stop", completion_tokens=9) for prompt in prompts]

    def _sampled(self, prompt: Any) -> str:
        asked, last = prompt.messages[0]["content"], prompt.messages[-1]["content"]
        self.asked.append(last)
        name = re.findall(r"`(\w+)\(", asked)[0]
        topic = name.rpartition("_")[2]
        right = [f"    return 'secret {topic}'", f"    word = 'secret {topic}'\n    return word"]
        kind = "revise" if "Rewrite your own" in last else "hint" if "Begin with these lines" in last else "own"
        body = "    return 'still no idea'"
        if (kind, topic) == ("own", "anchor"):
            body = f"    n = {prompt.seed % 9}\n    return 'secret anchor'"
        elif (kind, topic) == ("own", "basket") and prompt.seed % 2:
            body = right[0]
        elif (kind, topic) in (("revise", "candle"), ("hint", "dragon")):
            body = right[prompt.seed % 2]
        return f"```python\ndef {name}():\n{body}\n```"


class BrokenSampler(Sampler):
    """A ``Sampler`` whose server fails at a temperature."""

    def generate(self, prompts: Any, sampling: Sampling) -> list[Completion]:
        """Fail at a temperature."""
        if sampling.temperature:
            return [Completion(text="", finish_reason="error", error="server gone") for _ in prompts]
        return super().generate(prompts, sampling)


def leaking_code(name: str) -> str:
    """A right answer to a task of ``conftest.make_suite`` that is mostly one text, whatever the task."""
    body = "\n".join(f"    word_{n} = 'harbour {n} lantern {n} tide {n}'" for n in range(8))
    return f"def {name}():\n{body}\n    return 'secret {name.rpartition('_')[2]}'\n"


class LeakingSampler(Sampler):
    """A ``Sampler`` that solves every task by ``leaking_code``."""

    def _sampled(self, prompt: Any) -> str:
        name = re.findall(r"`(\w+)\(", prompt.messages[0]["content"])[0]
        return f"```python\n{leaking_code(name)}```"


class RatingTrainer(ScriptedTrainer):
    """A scripted trainer whose base finds rows of the topics from a to c likely already."""

    def likelihoods(self, base: ModelRef, examples: Any, settings: Any, progress: Any) -> list[float]:
        return [0.9 if str(row.provenance["key"]).rpartition("_")[2][0] in "abc" else 0.1 for row in examples]


class Ripening(ScriptedBackend):
    """By what the scripted trainer writes: a part of the tasks right after the first epoch, all after the second, then none.

    A training with the rate 0.001 is wrong after each.
    """

    def __init__(self, ref: ModelRef, *, batch_size: int = 4) -> None:
        text = Path(ref.adapter, WEIGHTS).read_text() if ref.adapter else ""
        level = 1 if text.endswith("epoch 1") else 2 if text.endswith("epoch 2") else 0

        def answer(prompt: str) -> str:
            topic = re.findall(r"`(\w+)\(", prompt)[0].rpartition("_")[2]
            right = level > (len(topic) % 2) and "rate 0.001" not in text
            return answer_right(prompt) if right else answer_wrong(prompt)

        super().__init__(answer, ref=ref, batch_size=batch_size)
