"""The vocabulary of a tokenizer as GGUF keeps it: tokens with their types, merges, special tokens, and how texts are cut first.

Covers byte-level BPE (GPT-2's scheme: Llama 3, Qwen, SmolLM, StarCoder). llama.cpp cuts a text before BPE by a scheme that a GGUF
names; a tokenizer whose own cutting is none of the schemes below is refused, since another one would give other tokens. Does not
cover SentencePiece, Unigram or WordPiece.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.errors import BadInput
from evals.files import read_json
from evals.models.chat import encode_chat, turn_end

CONVERTER = "llama.cpp's own converter (`python convert_hf_to_gguf.py FOLDER`) on the exported folder"
NORMAL, CONTROL, USER_DEFINED, UNUSED = 1, 3, 4, 5
"""Token types of GGUF."""
_CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_WORDS = r"[^\r\n\p{L}\p{N}]?\p{L}+"
_REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_LLAMA3 = rf"{_CONTRACTIONS}|{_WORDS}|\p{{N}}{{1,3}}|{_REST}"
_QWEN2 = rf"{_CONTRACTIONS}|{_WORDS}|\p{{N}}|{_REST}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufVocabulary:
    """``tokens`` and ``types`` have an entry for each row of the embedding. ``pre`` is llama.cpp's name of the cutting scheme.

    ``special`` are ids by GGUF's names (``bos``, ``eos``, ``pad``, ``unk``, ``eot``). ``add_bos``: whether the engine puts the
    first token before a prompt.
    """

    tokens: Sequence[str]
    types: Sequence[int]
    merges: Sequence[str]
    pre: str
    special: Mapping[str, int]
    add_bos: bool
    template: str


def read_vocabulary(folder: Path, tokenizer: Any, rows: int) -> GgufVocabulary:
    """The vocabulary of a model's folder, filled up with unused tokens to the ``rows`` of its embedding.

    Raises:
        BadInput: the tokenizer is of a kind that is not covered, or has more tokens than rows.
    """
    file = folder / "tokenizer.json"
    if not file.is_file():
        raise BadInput(f"--gguf: {folder} has no tokenizer.json, so its vocabulary cannot be read; use {CONVERTER}")
    known = read_json(file)
    model = known["model"]
    if model.get("type") != "BPE" or model.get("byte_fallback") or not _is_byte_level(known):
        kind = f"{model.get('type')}{' with byte fallback' if model.get('byte_fallback') else ''}"
        raise BadInput(f"--gguf: the tokenizer is {kind}, and only byte-level BPE is written here; use {CONVERTER}")
    tokens: list[str | None] = [None] * rows
    types = [UNUSED] * rows
    added = {int(token["id"]): token for token in known.get("added_tokens", ())}
    beyond = [number for number in (*model["vocab"].values(), *added) if number >= rows]
    if beyond:
        raise BadInput(
            f"--gguf: the tokenizer has token {max(beyond)}, and the embedding has {rows} rows; they do not fit together"
        )
    for text, number in model["vocab"].items():
        tokens[number], types[number] = text, NORMAL
    for number, token in added.items():
        tokens[number], types[number] = token["content"], CONTROL if token["special"] else USER_DEFINED
    return GgufVocabulary(
        tokens=[f"[PAD{number}]" if text is None else text for number, text in enumerate(tokens)],
        types=types,
        merges=[_merge(merge) for merge in model["merges"]],
        pre=cutting_scheme(known),
        special={name: number for name, number in _special(tokenizer).items() if tokens[number : number + 1] not in ([], [None])},
        add_bos=adds_bos(tokenizer),
        template=tokenizer.chat_template if isinstance(tokenizer.chat_template, str) else "",
    )


def cutting_scheme(known: Mapping[str, Any]) -> str:
    """llama.cpp's name for how a ``tokenizer.json`` cuts a text into words before BPE (``tokenizer.ggml.pre``).

    Raises:
        BadInput: it has no name there that is known here.
    """
    normalizer = known.get("normalizer")
    if normalizer is not None and normalizer.get("type") != "NFC":  # which llama.cpp leaves out: texts are NFC as a rule
        raise BadInput(
            f"--gguf: the tokenizer normalises texts ({normalizer.get('type')}), which GGUF cannot say; use {CONVERTER}"
        )
    steps = _steps(known.get("pre_tokenizer"))
    scheme = _SCHEMES.get(steps)
    if scheme is None:
        raise BadInput(
            f"--gguf: the tokenizer cuts texts in a way that has no name here ({' then '.join(steps)}); use {CONVERTER}"
        )
    if scheme == "llama-bpe" and not known["model"].get("ignore_merges"):
        scheme = "dbrx"  # the same cutting; words of the vocabulary are not taken whole
    return scheme


_GPT2 = "ByteLevel by words"
_SCHEMES: Mapping[tuple[str, ...], str] = {
    (_GPT2,): "gpt-2",
    ("Digits one by one", _GPT2): "smollm",
    (f"Split {_LLAMA3}", "ByteLevel"): "llama-bpe",
    (f"Split {_QWEN2}", "ByteLevel"): "qwen2",
}


def _steps(pre: Any) -> tuple[str, ...]:
    """The steps of a pre-tokenizer in words that ``_SCHEMES`` has."""
    if not isinstance(pre, Mapping):
        return ("nothing",)
    if pre.get("type") == "Sequence":
        return tuple(step for part in pre["pretokenizers"] for step in _steps(part))
    if pre.get("type") == "ByteLevel" and not pre.get("add_prefix_space"):
        return (_GPT2 if pre.get("use_regex", True) else "ByteLevel",)
    if pre.get("type") == "Digits":
        return ("Digits one by one" if pre.get("individual_digits") else "Digits in groups",)
    if pre.get("type") == "Split" and pre.get("behavior") == "Isolated" and not pre.get("invert"):
        pattern = pre.get("pattern", {})
        return (f"Split {pattern.get('Regex') or pattern.get('String')}",)
    return (str(pre.get("type")),)


def _is_byte_level(known: Mapping[str, Any]) -> bool:
    decoder = known.get("decoder") or {}
    parts = decoder.get("decoders", [decoder])
    return any(part.get("type") == "ByteLevel" for part in parts)


def _merge(merge: Any) -> str:
    """``left right``; blanks within a part are written as llama.cpp's converter does, 256 code points up."""
    if isinstance(merge, str):
        return merge
    return " ".join(part.replace(" ", chr(ord(" ") + 256)) for part in merge)


def _special(tokenizer: Any) -> dict[str, int]:
    ids = {name: getattr(tokenizer, f"{name}_token_id", None) for name in ("bos", "eos", "pad", "unk")}
    end = turn_end(tokenizer)
    if end is not None and end.token is not None and end.token != ids["eos"]:
        ids["eot"] = end.token
    return {name: int(number) for name, number in ids.items() if number is not None}


def adds_bos(tokenizer: Any) -> bool:
    """Whether an engine has to put the first token before a templated prompt, so that it reads what the model was trained on.

    Where the template does not begin with that token the model was trained without it, whatever the tokenizer would add; where
    only the template writes it, the engine must not write it again.
    """
    bos = tokenizer.bos_token_id
    if bos is None or tokenizer("x")["input_ids"][:1] != [bos]:
        return False
    return encode_chat(tokenizer, [{"role": "user", "content": "x"}])[:1] == [bos]
