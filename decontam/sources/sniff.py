"""What kind of file it is: magic bytes win over the extension; without a known extension the first bytes decide."""

from __future__ import annotations

from pathlib import Path

import orjson

from decontam.sources.base import Compression, Kind, Source
from decontam.sources.blocks import BOM
from decontam.sources.lines import parse_line
from decontam.sources.streams import GZIP_MAGIC, ZSTD_MAGIC, head
from evals.errors import BadInput

_TEXT = (
    "txt text md markdown rst adoc tex html htm xml yaml yml toml ini cfg log "
    "py pyi js mjs cjs jsx ts mts tsx java kt kts scala groovy c h cc cpp cxx hh hpp hxx cu cuh m mm go rs swift zig nim d "
    "sql sh bash zsh fish ps1 bat pl pm rb php lua r jl hs ml mli ex exs erl clj cljs lisp el scm f f90 f95 pas dart cs fs vb "
    "css scss less vue svelte proto thrift graphql tf cmake make mk gradle v sv vhd asm s"
)
KINDS: dict[str, Kind] = {
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "json": "json",
    "parquet": "parquet",
    "arrow": "arrow",
    "feather": "arrow",
    "csv": "csv",
    "tsv": "tsv",
    "ipynb": "notebook",
    **dict.fromkeys(_TEXT.split(), "text"),
}
COMPRESSIONS: dict[str, Compression] = {"gz": "gz", "gzip": "gz", "zst": "zst", "zstd": "zst"}
METADATA = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json")  # of `datasets`
_SNIFF_BYTES, _LONG_LINE_BYTES = 1 << 16, 64 << 20


def extension(path: Path) -> tuple[str, Compression]:
    """The extension that names the kind, else empty, and the compression after it."""
    parts = path.name.lower().split(".")[1:]
    compression = COMPRESSIONS.get(parts[-1], "") if parts else ""
    if compression:
        parts.pop()
    return (parts[-1] if parts and parts[-1] in KINDS else ""), compression


def is_special(path: Path) -> bool:
    """Whether a file is metadata of a dataset and not data that has the same name.

    Raises:
        BadInput: it lists files of the dataset that are missing.
    """
    try:
        value = orjson.loads(path.read_bytes())
        keys = set(value)
    except (OSError, orjson.JSONDecodeError, TypeError):
        return False
    if path.name == "state.json" and "_data_files" in keys:
        files = [path.parent / item["filename"] for item in value["_data_files"]]
        if missing := [file for file in files if not file.is_file()]:
            raise BadInput(f"{missing[0]}: missing, though {path} lists it ({len(missing)} of {len(files)} are)")
    return path.name == "dataset_infos.json" or bool(keys & {"_data_files", "splits", "features", "citation"})


def sniff(path: Path, name: str, named: bool) -> Source | str:
    """The source of a file, or the kind to count as skipped (only if ``named`` is false).

    Raises:
        BadInput: it cannot be read, or a named file is binary.
    """
    try:
        size_bytes = path.stat().st_size
        start = head(path, "", 8)
        compression: Compression = "gz" if start[:2] == GZIP_MAGIC else "zst" if start[:4] == ZSTD_MAGIC else ""
        known = extension(path)[0]
        if not compression and extension(path)[1] and size_bytes:
            compression = extension(path)[1]  # has that name and is damaged at its start: reported when it is read
        if not known and not named:
            return f"{path.suffix or 'without extension'}"
        first = head(path, compression, _SNIFF_BYTES)
    except OSError as error:
        raise BadInput(f"{name}: {error.strerror or error}") from None
    kind = kind_of(path, first, KINDS.get(known), compression)
    if kind is None:
        raise BadInput(f"{name}: a binary file (it has NUL bytes) of unknown kind; give JSONL, JSON, Parquet, CSV or text")
    if kind in ("parquet", "arrow") and compression:
        raise BadInput(f"{name}: {kind} inside {compression}; decompress it first")
    return Source(path=path, name=name, kind=kind, size_bytes=size_bytes, compression=compression)


def kind_of(path: Path, first: bytes, known: Kind | None, compression: Compression) -> Kind | None:
    """The kind by the first bytes and the extension; None for binary."""
    if first.startswith(b"PAR1"):
        return "parquet"
    if first.startswith(b"ARROW1"):
        return "arrow"
    if known == "json" or (known == "jsonl" and first.lstrip(BOM + b" \t\r\n").startswith(b"[")):
        return json_kind(path, first, compression)
    if known:
        return known
    if first.startswith(b"\xff\xff\xff\xff"):
        return "arrow"
    if b"\0" in first:
        return None
    text = first.removeprefix(BOM).strip()
    if text[:1] == b"{" and not parse_line(text.partition(b"\n")[0])[1]:
        return "jsonl"
    if text[:1] in (b"{", b"[") and (len(first) == _SNIFF_BYTES or not parse_line(text)[1]):
        return json_kind(path, first, compression) if text[1:].lstrip()[:1] in (b"{", b"[", b'"') else "text"
    return "text"


def json_kind(path: Path, first: bytes, compression: Compression) -> Kind:
    """JSONL if the first line is an object and another line follows, else one value."""
    text = first.removeprefix(BOM).lstrip()
    if text[:1] == b"{" and len(first) == _SNIFF_BYTES and b"\n" not in text:
        first = head(path, compression, _LONG_LINE_BYTES)
        text = first.removeprefix(BOM).lstrip()
    line, _, rest = text.partition(b"\n")
    cut = len(first) == _LONG_LINE_BYTES
    return "jsonl" if text[:1] == b"{" and (cut or (line.rstrip().endswith(b"}") and rest.strip())) else "json"
