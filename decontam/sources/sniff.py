"""What kind of file it is: magic bytes win over the extension; without a known extension the first bytes decide."""

from __future__ import annotations

import csv
import io
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

from decontam.sources import magic
from decontam.sources.base import Kind, Source
from decontam.sources.blocks import BOM
from decontam.sources.encodings import encoding_of
from decontam.sources.lines import parse_line
from decontam.sources.streams import head_of
from evals.errors import BadInput

_TEXT = (
    "txt text md markdown rst adoc tex html htm xml yaml yml toml ini cfg log "
    "py pyi js mjs cjs jsx ts mts tsx java kt kts scala groovy c h cc cpp cxx hh hpp hxx cu cuh m mm go rs swift zig nim d "
    "sql sh bash zsh fish ps1 bat pl pm rb php lua r jl hs ml mli ex exs erl clj cljs lisp el scm f f90 f95 pas dart cs fs vb "
    "css scss less vue svelte proto thrift graphql tf cmake make mk gradle v sv vhd asm s"
)
KINDS: dict[str, Kind] = {
    **dict.fromkeys(_TEXT.split(), "text"),
    **dict.fromkeys(("jsonl", "ndjson", "jsonlines", "jl"), "jsonl"),
    "json": "json",
    **dict.fromkeys(("parquet", "pq", "parq"), "parquet"),
    **dict.fromkeys(("arrow", "feather"), "arrow"),
    "csv": "csv",
    "tsv": "tsv",
    "ipynb": "notebook",
}
DATA = frozenset(KINDS.values()) - {"text"}
COMPRESSIONS = {"gz": "gz", "gzip": "gz", "zst": "zst", "zstd": "zst", "xz": "xz", "bz2": "bz2"}
METADATA = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json")  # of `datasets`
_SNIFF_BYTES, _LONG_LINE_BYTES, _MAGIC_BYTES = 1 << 16, 64 << 20, 512
_MAX_STEPS = 8  # of compression in compression
_DELIMITERS = ",;\t|"
_SAMPLE_RECORDS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A file that must be unpacked before it can be read: an archive, or (``archive`` empty) compressed Parquet or Arrow."""

    path: Path
    compression: str
    archive: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadFile:
    """A file that cannot be read, and why."""

    why: str
    binary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A file that is known to hold no text, by what it is."""

    what: str


def extension(path: Path) -> tuple[str, str]:
    """The extension that names the kind, else empty, and the compression after it; a number at the end is that of a part."""
    parts = path.name.lower().split(".")[1:]
    while parts and parts[-1].isdigit():
        parts.pop()
    packed = []
    while parts and parts[-1] in COMPRESSIONS:
        packed.append(COMPRESSIONS[parts.pop()])
    return (parts[-1] if parts and parts[-1] in KINDS else ""), ".".join(packed)


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


def sniff(path: Path, name: str) -> Source | Packed | UnreadFile | Skipped:
    """What a file is, and how it is read."""
    try:
        size_bytes = path.stat().st_size
        compression = compression_of(path, size_bytes)
        first = head_of(path, compression, _SNIFF_BYTES)
    except OSError as error:
        return UnreadFile(why=error.strerror or str(error))
    known = KINDS.get(extension(path)[0])
    if not compression and magic.is_pointer(first):
        return UnreadFile(why="a pointer of git-lfs or git-annex, not the data; fetch it (git lfs pull)")
    if known in DATA and magic.is_page(first):
        return UnreadFile(why=f"an HTML or XML page under the name of {known} data; download it again")
    if archive := magic.archive_of(first):
        return Packed(path=path, compression=compression, archive=archive)
    if not size_bytes and extension(path)[1]:
        return UnreadFile(why="an empty file, which no compressed file is")
    encoding = "" if known in ("parquet", "arrow") or first.startswith((b"PAR1", b"ARROW1")) else encoding_of(first)
    if encoding:
        first = head_of(path, compression, _SNIFF_BYTES, encoding)
    kind = kind_of(path, first, known, compression, encoding)
    if kind is None:
        if magic.is_media(first):
            return Skipped(what="pictures, sound, fonts and programs")
        return UnreadFile(
            why="a binary file (it has NUL bytes) of unknown kind; give JSONL, JSON, Parquet, CSV or text", binary=True
        )
    if kind in ("parquet", "arrow") and compression:
        return Packed(path=path, compression=compression, archive="")
    delimiter = delimiter_of(first, "\t" if kind == "tsv" else ",") if kind in ("csv", "tsv") else ""
    return Source(
        path=path,
        name=name,
        kind=kind,
        size_bytes=size_bytes,
        compression=compression,
        encoding=encoding,
        delimiter=delimiter,
    )


def compression_of(path: Path, size_bytes: int) -> str:
    """What a file is packed in, outermost first, by its bytes.

    One that has such a name and is damaged at its start is taken for it: that is reported when it is read.
    """
    steps: list[str] = []
    while len(steps) < _MAX_STEPS and (step := magic.compression_of(head_of(path, ".".join(steps), 16))):
        steps.append(step)
    return ".".join(steps) or (extension(path)[1] if size_bytes else "")


def kind_of(path: Path, first: bytes, known: Kind | None, compression: str, encoding: str = "") -> Kind | None:
    """The kind by the first bytes and the extension; None for binary."""
    if first.startswith(b"PAR1"):
        return "parquet"
    if first.startswith((b"ARROW1", b"FEA1")):
        return "arrow"
    if known in ("json", "jsonl"):
        return json_kind(path, first, known, compression, encoding)
    if known:
        return None if known == "text" and b"\0" in first and magic.is_media(first) else known
    if first.startswith(b"\xff\xff\xff\xff"):
        return "arrow"
    if b"\0" in first:
        return None
    text = first.removeprefix(BOM).strip()
    if text[:1] == b"{" and not parse_line(text.partition(b"\n")[0])[1]:
        return "jsonl"
    if text[:1] in (b"{", b"[") and (len(first) == _SNIFF_BYTES or not parse_line(text)[1]):
        in_json = text[1:].lstrip()[:1] in (b"{", b"[", b'"')
        return json_kind(path, first, "json", compression, encoding) if in_json else "text"
    return "text"


def json_kind(path: Path, first: bytes, known: Kind, compression: str, encoding: str) -> Kind:
    """JSONL if the first line is an object and another line follows, else one value, or several over many lines each."""
    text = first.removeprefix(BOM).lstrip()
    if text[:1] == b"{" and len(first) == _SNIFF_BYTES and b"\n" not in text:
        first = head_of(path, compression, _LONG_LINE_BYTES, encoding)
        text = first.removeprefix(BOM).lstrip()
    line, _, rest = text.partition(b"\n")
    if extension(path)[0] == "jl" and text and (text[:1] != b"{" or (rest and parse_line(line)[1])):
        return "text"  # Julia
    if known == "jsonl":
        second = rest.partition(b"\n")[0]
        pretty = line.rstrip()[-1:] in (b"{", b"[", b",") and bool(parse_line(line)[1]) and bool(parse_line(second)[1])
        array = text[:1] == b"[" and bool(parse_line(line)[1] or not rest.strip())
        return "json" if array or (pretty and text[:1] == b"{") else "jsonl"
    cut = len(first) == _LONG_LINE_BYTES
    return "jsonl" if text[:1] == b"{" and (cut or (line.rstrip().endswith(b"}") and rest.strip())) else "json"


def delimiter_of(first: bytes, usual: str) -> str:
    """The delimiter that most records agree on; the usual one unless another fits better."""
    text = first.removeprefix(BOM).decode("latin-1")
    scores: list[tuple[float, bool, int, str]] = []
    for delimiter in usual + _DELIMITERS.replace(usual, ""):
        records: list[int] = []
        with suppress(csv.Error):
            for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
                records += [len(record)] if record else []
                if len(records) == _SAMPLE_RECORDS:
                    break
        width = records[0] if records else 0
        if width > 1:
            share = Counter(records)[width] / len(records)
            scores.append((round(share, 1), delimiter == usual, width, delimiter))
    usual_share = next((share for share, is_usual, _, _ in scores if is_usual), 0.0)
    return usual if not scores or usual_share >= 0.8 else max(scores)[-1]
