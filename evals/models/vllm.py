"""Offline generation on vLLM, for a GPU: its own scheduler batches, so a plan here is a unit of the journal and no more.

Adapters are hot: one base in memory, the LoRA of the model's reference goes with each request. Written against vLLM 0.33.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from evals.errors import BackendFault, BadInput, install_command
from evals.files import read_json
from evals.models.base import Completion, Prompt, Sampling
from evals.models.chat import first_line, spoken, turn_end
from evals.models.resolve import resolve_model
from evals.records import ModelRef, Record

_CHUNKS = 8  # batches that are given to the scheduler at once: enough to keep it full, little to lose with a killed run
_DEFAULT_RANK = 32
ADAPTER_CONFIG = "adapter_config.json"


class VLLMSettings(Record):
    """``backend_options.*`` of backend ``vllm``, under the names of its engine arguments; None leaves the engine's default."""

    gpu_memory_utilization: float | None = Field(default=None, gt=0, le=1, description="share of the GPU's memory to take")
    max_model_len: int | None = Field(default=None, gt=0, description="tokens of a prompt and its answer together, at most")
    max_num_batched_tokens: int | None = Field(default=None, gt=0, description="tokens of one step of the scheduler")
    tensor_parallel_size: int | None = Field(default=None, gt=0, description="GPUs that share each layer")
    pipeline_parallel_size: int | None = Field(default=None, gt=0, description="GPUs that share the stack of layers")
    dtype: Literal["auto", "bfloat16", "float16", "float32"] | None = Field(default=None, description="of the weights")
    quantization: str | None = Field(default=None, description="method, such as awq, gptq, fp8 or bitsandbytes")
    kv_cache_dtype: str | None = Field(default=None, description="of the cache of keys and values, such as fp8")
    enforce_eager: bool | None = Field(default=None, description="no CUDA graphs: starts faster, answers slower")
    enable_prefix_caching: bool | None = Field(default=None, description="keep what prompts share")


class VLLMBackend:
    """A local model in vLLM's engine; ``batch_size`` is the number of sequences that it may run side by side.

    What else it takes is in ``VLLMSettings``.
    """

    settings = VLLMSettings
    needs = ("vllm",)

    def __init__(self, ref: ModelRef, *, batch_size: int = 256, options: VLLMSettings | None = None) -> None:
        try:
            import vllm
            from vllm.lora.request import LoRARequest
        except ImportError:
            raise BadInput(f"backend vllm needs a package and a GPU: {install_command('vllm')}") from None
        resolved = resolve_model(ref.base)
        self.ref = ref.model_copy(update={"revision": resolved.revision})
        self._vllm: Any = vllm
        self._batch_size = batch_size
        self._adapter: Any = LoRARequest("adapter", 1, str(Path(ref.adapter).resolve())) if ref.adapter else None
        lora = {"enable_lora": True, "max_loras": 1, "max_lora_rank": _rank(Path(ref.adapter))} if ref.adapter else {}
        chosen = options.model_dump(exclude_none=True) if options else {}
        try:
            self._engine: Any = vllm.LLM(model=str(resolved.path), max_num_seqs=batch_size, **chosen, **lora)
        except (RuntimeError, ValueError, OSError) as error:
            raise BadInput(f"model: {resolved.path} does not load in vLLM: {first_line(error)}") from None

    def plan(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """Chunks in order."""
        size = self._batch_size * _CHUNKS
        return [list(range(start, min(start + size, len(prompts)))) for start in range(0, len(prompts), size)]

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        """See ``Backend.generate``. A closed code block does not stop the engine; what follows it is cut off by extraction."""
        tokenizer = self._engine.get_tokenizer()
        parameters = [
            self._vllm.SamplingParams(
                temperature=sampling.temperature,
                max_tokens=sampling.max_new_tokens,
                seed=(sampling.seed << 20) ^ prompt.seed if sampling.temperature else None,
                **_stops(tokenizer),
            )
            for prompt in prompts
        ]
        conversations = [spoken(tokenizer, prompt.messages) for prompt in prompts]
        try:
            answers = self._engine.chat(conversations, parameters, use_tqdm=False, lora_request=self._adapter)
        except (RuntimeError, ValueError) as error:
            raise BackendFault(f"vLLM: {first_line(error)}") from error
        return [_completion(answer) for answer in answers]

    def close(self) -> None:
        """Release the engine; its memory is freed when it is collected."""
        self._engine = None


def _stops(tokenizer: Any) -> dict[str, Any]:
    """What ends an answer beside the model's own end tokens: what its template puts there, which is what is trained."""
    end = turn_end(tokenizer)
    if end is None:
        return {}
    return {"stop": [end.text.strip()]} if end.token is None else {"stop_token_ids": [end.token]}


def _completion(answer: Any) -> Completion:
    output = answer.outputs[0]
    if output.finish_reason not in ("stop", "length"):
        return Completion(text="", finish_reason="error", error=f"vLLM ended the request: {output.finish_reason}")
    reason: Literal["stop", "length"] = output.finish_reason
    return Completion(
        text=output.text,
        finish_reason=reason,
        prompt_tokens=len(answer.prompt_token_ids or ()),
        completion_tokens=len(output.token_ids),
    )


def _rank(adapter: Path) -> int:
    """The rank that the engine must make room for.

    Raises:
        BadInput: the folder is not an adapter.
    """
    if not (adapter / ADAPTER_CONFIG).is_file():
        raise BadInput(f"adapter: {adapter} holds no {ADAPTER_CONFIG}; give the folder that finetune wrote")
    return int(read_json(adapter / ADAPTER_CONFIG).get("r", _DEFAULT_RANK))
