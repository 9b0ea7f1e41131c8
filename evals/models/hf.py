"""Batched generation on transformers: a finished row's place is taken by the next prompt, an answer ends where its code is known.

Covers greedy decoding and per-row seeded sampling, on CPU (fp32) or a GPU (bf16), with a LoRA adapter merged at load and swapped
on the base in memory. Numbers of a row can differ in the last bits with the rows beside it (on the embedded model none of 200
MBPP answers differed between batches of 32 as planned and of 7 in shuffled order); the plan is a pure function of the prompts,
so the same prompts always meet the same neighbours. Which way a model is decoded is in ``ways``. Settings that change greedy
output, such as a repetition penalty, are not taken from the model.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import torch

from evals.errors import BadInput
from evals.extract import is_settled, left_thinking
from evals.models.adapters import merge_adapter, require_adapter
from evals.models.base import Completion, Prompt, Sampling
from evals.models.chat import encode_chat, load_tokenizer, pad_token, turn_end
from evals.models.greedyhead import GreedyHead, is_worth_it
from evals.models.kvcache import PaddedRows, RaggedRows, Rows
from evals.models.library import decode_batch
from evals.models.loading import lay_out, load_weights
from evals.models.resolve import resolve_model
from evals.models.threads import pace_of_torch
from evals.models.ways import way_of
from evals.notices import say_once
from evals.records import ModelRef

_PROMPTS_END = 16  # tokens of a prompt in which a template opens thinking
_MOST_STOPS = 64  # fences of one answer at which its code is looked for
# Keys and values are kept for this many prompt tokens at once, counting every row as long as the longest.
MAX_BATCH_TOKENS = 16384
# One prompt of thousands of tokens would pad a whole group to its length: 64 of MBPP's longest took 15 GiB.
MAX_READ_TOKENS = 8192
_READ_PROMPTS = 8
# A chunk ends with ever fewer rows; four batches in one make that a small share, and a journal entry stays short.
_BATCHES_PER_CHUNK = 4
# Every row of a batch costs attention over the longest row's columns: small change up to here, the larger part above.
_LONG_TOKENS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ends:
    """What ends an answer: any of these tokens, or this text where a template ends its turns in plain words."""

    tokens: frozenset[int]
    text: str = ""

    def cut(self, text: str) -> str:
        """An answer without its end."""
        return text.partition(self.text)[0] if self.text else text


@dataclass(slots=True, kw_only=True)
class _Answer:
    """One answer as it grows."""

    index: int
    generator: torch.Generator
    prompt: Prompt
    thinking: str = ""  # the tag that the prompt left open
    fences: int = 0
    tokens: list[int] = field(default_factory=list)
    text: str = ""
    reason: Literal["stop", "code_block", "length"] | None = None
    given: bool = False  # an answer that has ended may keep its row for a while

    @property
    def last(self) -> int:
        """The token to go on from; irrelevant for an answer that ended at once and still has a row."""
        return self.tokens[-1] if self.tokens else 0

    def take(self, token: int, piece: str, ends: _Ends, sampling: Sampling, whole: Callable[[list[int]], str]) -> None:
        """Append a token (``piece`` is its text) and see whether that ends the answer; ``whole`` gives the text of all."""
        if token in ends.tokens:
            self.reason = "stop"
            return
        self.tokens.append(token)
        self.text += piece
        if ends.text and ends.text[-1] in piece and ends.text in whole(self.tokens):
            self.reason = "stop"
        elif sampling.stop_at_code_block and "`" in piece and self._fence_ends_it(whole):
            self.reason = "code_block"
        elif len(self.tokens) == sampling.max_new_tokens:
            self.reason = "length"

    def _fence_ends_it(self, whole: Callable[[list[int]], str]) -> bool:
        """Whether the answer ends with a fence on a line of its own, and its code is known whatever would follow."""
        last = self.text.rpartition("\n")[2].strip()
        if len(last) < 3 or last.strip("`") or self.fences == _MOST_STOPS:
            return False
        self.fences += 1
        return is_settled(self.thinking + whole(self.tokens), self.prompt.language, self.prompt.asked)


class HFBackend:
    """A local model. ``batch_size`` prompts of similar length are decoded together."""

    def __init__(self, ref: ModelRef, *, batch_size: int = 32) -> None:
        self._resolved = resolve_model(ref.base)
        self._tokenizer = load_tokenizer(self._resolved.path, ref.base)
        if ref.adapter:
            require_adapter(Path(ref.adapter), ref.base, self._resolved)
        self._model = load_weights(self._resolved, self._tokenizer, ref.base)
        self._way = way_of(self._model, self._tokenizer, ref.base)
        self._touched: dict[str, torch.Tensor] = {}
        if ref.adapter:
            self._model = merge_adapter(self._model, Path(ref.adapter), self._touched)
        self.ref = ref.model_copy(update={"revision": self._resolved.revision})
        self.origin = f"{self._model.device.type} {self._model.dtype}"
        self._batch_size = batch_size
        self._pace = pace_of_torch()
        self._pad = pad_token(self._tokenizer)
        self._make_ready()
        self._ends = _ends_of(self._model, self._tokenizer)
        if not self._ends.tokens and not self._ends.text:
            say_once(
                f"model: {ref.base} has no end of a turn, in its template, tokenizer or settings; answers run to their limit"
            )
        self._encoded: dict[tuple[str, ...], list[int]] = {}
        self._pieces: dict[int, str] = {}

    def _make_ready(self) -> None:
        """Lay out the weights as they are now, and give greedy decoding a faster head if there is one."""
        lay_out(self._model)
        self._head = self._model.get_output_embeddings()
        fast = self._way == "ragged" and is_worth_it(self._head, self._model.device)
        self._greedy_head = GreedyHead(self._head) if fast else None

    def _places(self, longest: int) -> int:
        """How many rows may run at once beside a prompt of this many tokens."""
        return min(self._batch_size, max(1, (MAX_BATCH_TOKENS if self._way == "ragged" else MAX_READ_TOKENS) // longest))

    def plan(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """Chunks by length, longest first: the slowest is not the last, and memory peaks at once.

        ``generate`` runs ``batch_size`` prompts of a chunk at a time, fewer where they are so long that ``MAX_BATCH_TOKENS`` is
        met; a prompt does not join a chunk whose first one is long and more than twice its length, or halves what could run.
        """
        lengths = [len(self._encode(prompt)) for prompt in prompts]
        alike: list[list[int]] = []
        for index in sorted(range(len(prompts)), key=lambda index: (-lengths[index], index)):
            if alike and self._are_alike(lengths[alike[-1][0]], lengths[index]):
                alike[-1].append(index)
            else:
                alike.append([index])
        chunks: list[list[int]] = []
        for group in alike:
            places = self._places(lengths[group[0]])
            if self._way == "ragged":
                parts = max(1, round(len(group) / (places * _BATCHES_PER_CHUNK)))
                starts = [len(group) * part // parts for part in range(parts + 1)]
            else:
                starts = [*range(0, len(group), places), len(group)]
            chunks += [group[start:end] for start, end in pairwise(starts)]
        return chunks

    def _are_alike(self, longest: int, length: int) -> bool:
        """Whether a prompt may share a chunk with one that is not shorter."""
        if self._way == "library":
            return length == longest
        return self._places(length) < 2 * self._places(longest) and (longest <= _LONG_TOKENS or longest <= 2 * length)

    def _encode(self, prompt: Prompt) -> list[int]:
        key = tuple(f"{message['role']}\0{message['content']}" for message in prompt.messages)
        if key not in self._encoded:
            self._encoded[key] = encode_chat(self._tokenizer, prompt.messages)
        return self._encoded[key]

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        """See ``Backend.generate``. Prompts start in the order given, as places fall free."""
        made = dict(self.stream(prompts, sampling))
        return [made[index] for index in range(len(prompts))]

    @torch.inference_mode()
    def stream(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[tuple[int, Completion]]:
        """See ``Streams``."""
        if not prompts:
            return
        encoded = [self._encode(prompt) for prompt in prompts]
        answers = [
            _Answer(
                index=index,
                generator=torch.Generator().manual_seed((sampling.seed << 20) ^ prompt.seed),
                prompt=prompt,
                thinking=left_thinking(self._tokenizer.decode(encoded[index][-_PROMPTS_END:])),
            )
            for index, prompt in enumerate(prompts)
        ]
        if self._greedy_head is not None and sampling.temperature == 0:
            self._model.set_output_embeddings(self._greedy_head)
        try:
            with self._pace.running():
                decode = self._decode_by_library if self._way == "library" else self._decode
                for answer in decode(encoded, answers, sampling):
                    yield answer.index, self._completion(answer, len(encoded[answer.index]))
        finally:
            self._model.set_output_embeddings(self._head)

    def _completion(self, answer: _Answer, prompt_tokens: int) -> Completion:
        return Completion(
            text=self._ends.cut(self._text(answer.tokens)),
            finish_reason=answer.reason or "length",
            prompt_tokens=prompt_tokens,
            completion_tokens=len(answer.tokens),
        )

    def _decode(self, encoded: Sequence[list[int]], answers: Sequence[_Answer], sampling: Sampling) -> Iterator[_Answer]:
        """Run every answer to its end, at most ``places`` at a time; each as it ends."""
        places = self._places(max(map(len, encoded)))
        rows: Rows = RaggedRows(self._model, places, encoded) if self._way == "ragged" else PaddedRows(self._model, self._pad)
        waiting, running = list(answers), list[_Answer]()
        while waiting or running:
            # Several prompts are read faster together than one by one, so a few places are left to fall free.
            while waiting and (
                not running or (rows.refills and places - len(running) >= min(len(waiting), self._refill(places)))
            ):
                group = self._next_group(waiting, encoded, places - len(running), rows.refills)
                del waiting[: len(group)]
                self._take(group, rows.admit([encoded[answer.index] for answer in group]), sampling)
                yield from _ending(group)
                running = self._drop_finished(rows, [*running, *group])
            if running:
                last = torch.tensor([answer.last for answer in running], device=self._model.device)
                with self._pace.step(len(running)):
                    scores = rows.step(last)
                self._take(running, scores, sampling)
                yield from _ending(running)
                running = self._drop_finished(rows, running)

    def _decode_by_library(
        self, encoded: Sequence[list[int]], answers: Sequence[_Answer], sampling: Sampling
    ) -> Iterator[_Answer]:
        """Run every answer to its end, prompts of one length together."""
        by_length: dict[int, list[_Answer]] = {}
        for answer in answers:
            by_length.setdefault(len(encoded[answer.index]), []).append(answer)
        for length, alike in by_length.items():
            places = self._places(length)
            for start in range(0, len(alike), places):
                batch = alike[start : start + places]
                decode_batch(
                    self._model,
                    [encoded[answer.index] for answer in batch],
                    partial(self._take, batch, sampling=sampling),
                    partial(_ended, batch),
                    tokens=sampling.max_new_tokens,
                    pad=self._pad,
                )
                yield from batch

    @staticmethod
    def _refill(places: int) -> int:
        return max(1, places // _READ_PROMPTS)

    @staticmethod
    def _next_group(waiting: Sequence[_Answer], encoded: Sequence[list[int]], free: int, refills: bool) -> list[_Answer]:
        """The next prompts to read together, bounded in number and in padded tokens; a whole batch where none can follow."""
        group: list[_Answer] = []
        longest = 0
        for answer in waiting[: min(free, _READ_PROMPTS) if refills else free]:
            length = len(encoded[answer.index])
            longest = max(longest, length)
            if group and (longest * (len(group) + 1) > MAX_READ_TOKENS or (refills and longest > 2 * length)):
                break
            group.append(answer)
        return group

    def _take(self, answers: Sequence[_Answer], logits: torch.Tensor, sampling: Sampling) -> list[int]:
        """Give every answer its next token; those of all rows, also of answers that have ended."""
        chosen = self._choose(logits, sampling, answers)
        for answer, token in zip(answers, chosen, strict=True):
            if answer.reason is None:
                if token not in self._pieces:
                    self._pieces[token] = self._tokenizer.decode([token])
                answer.take(token, self._pieces[token], self._ends, sampling, self._text)
        return chosen

    def _text(self, tokens: list[int]) -> str:
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=True)
        return text

    @staticmethod
    def _drop_finished(rows: Rows, running: list[_Answer]) -> list[_Answer]:
        """The rows that go on. Finished ones stay while there are too few of them to pay for moving the others."""
        alive = [row for row, answer in enumerate(running) if answer.reason is None]
        if len(alive) == len(running) or len(alive) > len(running) * (1 - rows.evict_share):
            return running
        rows.keep(alive)
        return [running[row] for row in alive]

    def _choose(self, logits: torch.Tensor, sampling: Sampling, answers: Sequence[_Answer]) -> list[int]:
        """Next token of each row; a row's own generator, so a sample does not depend on its neighbours."""
        if sampling.temperature == 0:
            greedy: list[int] = (logits.argmax(-1) if self._greedy_head is None else logits[:, 0]).tolist()
            return greedy
        weights = torch.softmax(logits.float() / sampling.temperature, dim=-1).cpu()
        # One uniform number a row, put through the inverse of its distribution: multinomial draws one for every token there is.
        upto = weights.double().cumsum(-1)
        drawn = torch.stack([torch.rand(1, generator=answer.generator, dtype=torch.float64) for answer in answers])
        chosen = torch.searchsorted(upto, drawn * upto[:, -1:], right=True)
        return [int(token) for token in chosen.clamp(max=weights.shape[-1] - 1)[:, 0]]

    def swap(self, ref: ModelRef) -> bool:
        """Put another adapter, or none, on the base in memory; the base's weights come back bit for bit.

        False if ``ref`` needs another base, or the present adapter changed more than its LoRA layers: close this and open again.

        Raises:
            BadInput: the folder is not an adapter, or does not fit the model; the backend is closed then.
        """
        if self._model is None or ref.base != self.ref.base or ref.revision not in ("", None, self.ref.revision):
            return False
        if self.ref.adapter and not self._touched:
            return False
        try:
            if ref.adapter:
                require_adapter(Path(ref.adapter), ref.base, self._resolved)
        except BadInput:
            self.close()
            raise
        with torch.no_grad():
            for name, weight in self._touched.items():
                self._model.get_parameter(name).copy_(weight)
        self._touched.clear()
        try:
            if ref.adapter:
                self._model = merge_adapter(self._model, Path(ref.adapter), self._touched)
        except BadInput:
            self.close()
            raise
        self._make_ready()
        self.ref = ref.model_copy(update={"revision": self.ref.revision})
        return True

    def close(self) -> None:
        """Drop the model and free its memory at once."""
        self._model = self._head = self._greedy_head = None
        self._touched.clear()
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _ended(answers: Sequence[_Answer]) -> list[bool]:
    return [answer.reason is not None for answer in answers]


def _ends_of(model: Any, tokenizer: Any) -> _Ends:
    """What ends an answer: what the template puts there, the tokenizer's end token and those of the model's settings."""
    listed = model.generation_config.eos_token_id
    end = turn_end(tokenizer)
    found = [tokenizer.eos_token_id, *(listed if isinstance(listed, list) else [listed]), end.token if end else None]
    tokens = frozenset(int(token) for token in found if token is not None)
    return _Ends(tokens=tokens, text=end.text.strip() if end and end.token is None else "")


def _ending(answers: Sequence[_Answer]) -> list[_Answer]:
    """Those that have ended and were not given yet."""
    ended = [answer for answer in answers if answer.reason is not None and not answer.given]
    for answer in ended:
        answer.given = True
    return ended
