"""Batched generation on transformers, with early stop at the end of the code block and finished rows evicted.

Covers greedy decoding and per-row seeded sampling, on CPU (fp32) or a GPU (bf16), with a LoRA adapter merged at load.
Numbers of a row can differ in the last bits with the batch it is in; the plan is a pure function of the prompts, so the same
prompts always meet the same batches.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from evals.errors import BadInput
from evals.models.base import Completion, Prompt, Sampling
from evals.models.kvcache import ATTENTION, cache_argument, new_cache, supports
from evals.models.resolve import ResolvedModel, quiet_transformers, resolve_model
from evals.records import Message, ModelRef

_CLOSED_BLOCK = re.compile(r"^[ \t]*```[^\n`]*\n.*?^[ \t]*```[ \t]*$", re.MULTILINE | re.DOTALL)
_EVICT_SHARE = 0.25
# One prompt of thousands of tokens would pad a whole batch to its length: 64 of MBPP's longest took 15 GiB.
MAX_BATCH_TOKENS = 8192


def pick_device() -> torch.device:
    """CUDA where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def load_model(name: str, device: torch.device | None = None) -> tuple[Any, Any, ResolvedModel]:
    """(model, tokenizer, where it came from), in fp32 on a CPU and bf16 on a GPU.

    Raises:
        BadInput: no such model, it does not load, or its tokenizer has no chat template.
    """
    resolved = resolve_model(name)
    quiet_transformers()
    device = device or pick_device()
    dtype = torch.float32 if device.type == "cpu" else torch.bfloat16
    try:
        tokenizer = AutoTokenizer.from_pretrained(resolved.path)
        config = AutoConfig.from_pretrained(resolved.path)
        attention = {"attn_implementation": ATTENTION} if supports(config) else {}
        model = AutoModelForCausalLM.from_pretrained(resolved.path, dtype=dtype, **attention).to(device).eval()
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise BadInput(f"model: {resolved.path} does not load: {str(error).splitlines()[0]}") from None
    if not tokenizer.chat_template:
        raise BadInput(f"model: {name} has no chat template; goldloop trains and evaluates chat models")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model, tokenizer, resolved


def encode_chat(tokenizer: Any, messages: Sequence[Message]) -> list[int]:
    """Token ids of a conversation up to and including the cue for the assistant's turn."""
    text = tokenizer.apply_chat_template(list(messages), add_generation_prompt=True, tokenize=False)
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


class HFBackend:
    """A local model. ``batch_size`` prompts of similar length are decoded together."""

    def __init__(self, ref: ModelRef, *, batch_size: int = 32) -> None:
        self._model, self._tokenizer, resolved = load_model(ref.base)
        if ref.adapter:
            self._model = merge_adapter(self._model, Path(ref.adapter))
        self.ref = ref.model_copy(update={"revision": resolved.revision})
        self._batch_size = batch_size
        self._encoded: dict[tuple[str, ...], list[int]] = {}

    def plan(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """Batches by length, longest first: the slowest batch is not the last, and memory peaks at once.

        A batch holds at most ``batch_size`` prompts and ``MAX_BATCH_TOKENS`` padded prompt tokens; a longer prompt goes alone.
        """
        lengths = [len(self._encode(prompt)) for prompt in prompts]
        batches: list[list[int]] = []
        for index in sorted(range(len(prompts)), key=lambda index: (-lengths[index], index)):
            batch = batches[-1] if batches else []
            if batch and len(batch) < self._batch_size and (len(batch) + 1) * lengths[batch[0]] <= MAX_BATCH_TOKENS:
                batch.append(index)
            else:
                batches.append([index])
        return batches

    def _encode(self, prompt: Prompt) -> list[int]:
        key = tuple(f"{message['role']}\0{message['content']}" for message in prompt.messages)
        if key not in self._encoded:
            self._encoded[key] = encode_chat(self._tokenizer, prompt.messages)
        return self._encoded[key]

    @torch.inference_mode()
    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        """See ``Backend.generate``."""
        device = self._model.device
        encoded = [self._encode(prompt) for prompt in prompts]
        width = max(map(len, encoded))
        pad, eos = self._tokenizer.pad_token_id, self._tokenizer.eos_token_id
        ids = torch.tensor([[pad] * (width - len(row)) + row for row in encoded], device=device)
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in encoded], device=device)
        generators = [torch.Generator().manual_seed((sampling.seed << 20) ^ prompt.seed) for prompt in prompts]

        alive = list(range(len(prompts)))  # row of the batch -> index of the prompt
        tokens: list[list[int]] = [[] for _ in prompts]
        texts = [""] * len(prompts)
        reasons: list[Literal["stop", "code_block", "length"] | None] = [None] * len(prompts)
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        cache, last = new_cache(self._model.config), positions[:, -1:]
        cache_name = cache_argument(self._model)
        output = self._model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions,
            use_cache=True,
            logits_to_keep=1,
            **{cache_name: cache},
        )
        for step in range(sampling.max_new_tokens):
            chosen = self._choose(output.logits[:, -1], sampling, [generators[index] for index in alive])
            for row, index in enumerate(alive):
                if reasons[index] is None:
                    token = int(chosen[row])
                    if token == eos:
                        reasons[index] = "stop"
                        continue
                    tokens[index].append(token)
                    texts[index] += self._tokenizer.decode([token])
                    if sampling.stop_at_code_block and "`" in texts[index][-4:] and _CLOSED_BLOCK.search(texts[index]):
                        reasons[index] = "code_block"
            running = [row for row, index in enumerate(alive) if reasons[index] is None]
            if not running or step == sampling.max_new_tokens - 1:
                break
            if len(running) <= len(alive) * (1 - _EVICT_SHARE):
                keep = torch.tensor(running, device=device)
                cache.batch_select_indices(keep)
                mask, last, chosen = mask[keep], last[keep], chosen[keep]
                alive = [alive[row] for row in running]
            mask = torch.cat([mask, mask.new_ones(len(alive), 1)], dim=1)
            last = last + 1
            output = self._model(
                input_ids=chosen[:, None], attention_mask=mask, position_ids=last, use_cache=True, **{cache_name: cache}
            )
        return [
            Completion(
                text=self._tokenizer.decode(tokens[index], skip_special_tokens=True),
                finish_reason=reasons[index] or "length",
                prompt_tokens=len(encoded[index]),
                completion_tokens=len(tokens[index]),
            )
            for index in range(len(prompts))
        ]

    @staticmethod
    def _choose(logits: torch.Tensor, sampling: Sampling, generators: Sequence[torch.Generator]) -> torch.Tensor:
        """Next token of each row, shape (rows,); a row's own generator, so a sample does not depend on its neighbours."""
        if sampling.temperature == 0:
            return logits.argmax(-1)
        weights = torch.softmax(logits.float() / sampling.temperature, dim=-1).cpu()
        picks = [torch.multinomial(row, 1, generator=generator) for row, generator in zip(weights, generators, strict=True)]
        return torch.cat(picks).to(logits.device)

    def close(self) -> None:
        """Drop the model; memory goes back at once."""
        self._model = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def merge_adapter(model: Any, adapter: Path) -> Any:
    """The model with a LoRA adapter folded into its weights: exact in fp32 up to rounding, and no slower than the base.

    Raises:
        BadInput: the folder is no adapter, or does not fit the model.
    """
    from peft import PeftModel

    if not (adapter / "adapter_config.json").is_file():
        raise BadInput(f"adapter: {adapter} holds no adapter_config.json; give the folder that finetune wrote")
    try:
        return PeftModel.from_pretrained(model, str(adapter)).merge_and_unload().eval()
    except (ValueError, RuntimeError, OSError) as error:
        raise BadInput(f"adapter: {adapter} does not fit the model: {str(error).splitlines()[0]}") from None
