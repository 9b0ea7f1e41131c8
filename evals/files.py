"""Files that are whole or absent: digests, atomic writes, JSONL, append-only journals, manifests.

Does not cover queries over the files (see ``loop.store``).
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from hashlib import blake2b
from pathlib import Path
from reprlib import Repr
from typing import Any, TypeVar, get_args

import orjson
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from evals.errors import BadInput

MANIFEST = "manifest.json"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 70
R = TypeVar("R", bound=BaseModel)


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys and no spaces; pydantic records are dumped first."""

    def default(item: Any) -> Any:
        if isinstance(item, BaseModel):
            return item.model_dump(mode="json")
        if isinstance(item, (set, frozenset)):
            return sorted(item)
        if isinstance(item, Path):
            return str(item)
        raise TypeError(f"{type(item).__name__} has no canonical JSON form")

    return orjson.dumps(value, default=default, option=orjson.OPT_SORT_KEYS)


def digest(value: Any) -> str:
    """``b2:`` and 32 hex digits: blake2b-128 of the canonical JSON."""
    return digest_bytes(canonical_json(value))


def digest_bytes(data: bytes) -> str:
    """``b2:`` and 32 hex digits: blake2b-128 of the bytes."""
    return "b2:" + blake2b(data, digest_size=16).hexdigest()


def digest_file(path: Path) -> str:
    """Digest of a file's bytes, read in blocks of 1 MiB."""
    state = blake2b(digest_size=16)
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            state.update(block)
    return "b2:" + state.hexdigest()


def digest_tree(folder: Path) -> str:
    """Digest over the relative names and bytes of all files below a folder."""
    return digest({str(p.relative_to(folder)): digest_file(p) for p in sorted(folder.rglob("*")) if p.is_file()})


def write_atomic(path: Path, data: bytes) -> None:
    """Write to a temporary name, fsync, rename: readers see the old file or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None  # a failed write does not name its file


def write_json(path: Path, value: Any) -> None:
    """Atomic, indented, sorted keys: for people and for machines."""

    def default(item: Any) -> Any:
        return item.model_dump(mode="json") if isinstance(item, BaseModel) else str(item)

    write_atomic(path, orjson.dumps(value, default=default, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + b"\n")


def write_jsonl(path: Path, rows: Iterable[Any]) -> None:
    """Atomic JSONL with canonical rows."""
    write_atomic(path, b"".join(canonical_json(row) + b"\n" for row in rows))


def read_json(path: Path) -> Any:
    """Parse a JSON file.

    Raises:
        BadInput: the file is missing or not JSON; the message names the file.
    """
    try:
        return orjson.loads(path.read_bytes())
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file") from None
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from None
    except orjson.JSONDecodeError as error:
        raise BadInput(f"{path}:{error.lineno}: not JSON ({error.msg})") from None


def iter_jsonl(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield (line number from 1, parsed value), blank lines skipped.

    Raises:
        BadInput: the file cannot be read, or a line is not JSON; the message names file and line.
    """
    try:
        with path.open("rb") as handle:
            for number, raw in enumerate(handle, 1):
                line = raw.removeprefix(BYTE_ORDER_MARK) if number == 1 else raw
                if line.strip():
                    yield number, _json_line(path, number, line)
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file") from None
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror or error}") from None


def _json_line(path: Path, number: int, line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadInput(f"{path}:{number}: not JSON ({error.msg}); expected one value a line, found {shown(line)}") from None


def shown(line: bytes) -> str:
    """The beginning of a line that is not JSON, for a message."""
    return repr(line.strip()[:60].decode(errors="replace"))


def read_records(path: Path, model: type[R]) -> list[R]:
    """Read JSONL into records.

    Raises:
        BadInput: a line does not fit the record; the message names file, line and key.
    """
    records = []
    for number, value in iter_jsonl(path):
        try:
            records.append(model.model_validate(value))
        except ValidationError as error:
            raise BadInput(f"{path}:{number}: {describe(error, model)}") from None
    return records


def describe(error: ValidationError, model: type[BaseModel] | None = None) -> str:
    """All findings of a validation error in one line: ``key: what was wrong, got ...``."""
    return "; ".join(finding for _, finding in findings(error, model))


def findings(error: ValidationError, model: type[BaseModel] | None = None) -> list[tuple[tuple[str | int, ...], str]]:
    """Each finding of a validation error with the path of its key. With ``model``, an unknown key gets the one that was meant."""
    texts = []
    for item in error.errors():
        place = ".".join(str(p) for p in item["loc"]) or "value"
        got = "" if item["type"] == "missing" else f", got {_SHORT.repr(item['input'])}"
        texts.append((item["loc"], f"{place}: {item['msg']}{_hint(item, model)}{got}"))
    return texts


def _hint(item: ErrorDetails, model: type[BaseModel] | None) -> str:
    """A hint at what was probably meant by a key or a value."""
    if item["type"] == "extra_forbidden":
        return _meant(item["loc"], model)
    if item["type"] == "string_type" and isinstance(item["input"], (bool, int, float, date)):
        return " (put it in quotes)"
    if item["type"] == "literal_error" and isinstance(item["input"], str):
        known = re.findall(r"'([^']*)'", item["ctx"]["expected"])
        near = difflib.get_close_matches(item["input"].lower(), known, 1)
        return f" (did you mean {near[0]!r}?)" if near else ""
    return ""


def _meant(loc: tuple[str | int, ...], model: type[BaseModel] | None) -> str:
    for part in (part for part in loc[:-1] if isinstance(part, str)):
        inner = model.model_fields[part].annotation if model is not None and part in model.model_fields else None
        model = next(
            (kind for kind in (inner, *get_args(inner)) if isinstance(kind, type) and issubclass(kind, BaseModel)),
            None,
        )
    if model is None:
        return ""
    near = difflib.get_close_matches(str(loc[-1]), model.model_fields, 1)
    return f" (did you mean {near[0]!r}?)" if near else f" (known keys: {', '.join(model.model_fields)})"


class Journal:
    """An append-only JSONL file that survives SIGKILL: a torn last line is cut off on opening.

    One entry is one line, written with a single ``write`` and fsynced, so an entry is there entirely or not at all.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        data = path.read_bytes() if path.exists() else b""
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) != len(data):
            with path.open("r+b") as handle:
                handle.truncate(len(whole))
        self.entries: list[dict[str, Any]] = [orjson.loads(line) for line in whole.splitlines()]

    def append(self, entry: Mapping[str, Any]) -> None:
        """Add one entry; on return it is on the disk."""
        line = canonical_json(entry) + b"\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as handle:
            start = handle.tell()
            try:
                handle.write(line)
                handle.flush()
                os.fsync(handle.fileno())
            except OSError as error:
                with suppress(OSError):
                    handle.truncate(start)
                raise OSError(error.errno, error.strerror, str(self.path)) from None
        self.entries.append(dict(entry))
