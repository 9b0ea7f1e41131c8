"""Arrow arrays as flat columns, without copying the text if the values are contiguous.

The rules of what counts as text are those of ``values``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from decontam.kernels.batches import Batch, BrokenRow, Bytes, Column, Longs
from decontam.sources.base import Shape
from decontam.sources.values import MESSAGE_FIELDS

_ARGUMENTS = pa.list_(pa.struct([("function", pa.struct([("arguments", pa.string())]))]))
_MESSAGE = pa.struct([(field, pa.string()) for field in MESSAGE_FIELDS] + [("tool_calls", _ARGUMENTS)])
TYPES: dict[Shape, Any] = {
    "text": pa.string(),
    "texts": pa.list_(pa.string()),
    "message": _MESSAGE,
    "messages": pa.list_(_MESSAGE),
}
Piece = tuple[Any, Longs]  # a string array and, for each value, the index of the item it belongs to


def is_text(kind: Any) -> bool:
    """Whether values of the type are strings."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_list(kind: Any) -> bool:
    """Whether values of the type are lists of any layout."""
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def array_columns(array: Any, name: str) -> list[Column]:
    """All text in an array, which has one item a row and is known to be UTF-8."""
    if array.null_count == len(array):  # most guessed names occur in no row
        return []
    array = plain(array)
    if is_text(array.type):
        return [flat(name, array, np.arange(len(array)), None)]
    if pa.types.is_struct(array.type):
        return [flat(f"{name}.{key}", *piece, None) for key, piece in message_pieces(array)]
    if not is_list(array.type):
        return []
    items, parents = flatten(array)
    places = ordinals(parents)
    if pa.types.is_struct(items.type):
        pieces = [(f"{name}[].{key}", piece) for key, piece in message_pieces(items)]
    else:
        pieces = [(f"{name}[]", piece) for piece in string_leaves(items)]
    return [flat(key, texts, parents[owner], places[owner]) for key, (texts, owner) in pieces]


def plain(array: Any) -> Any:
    """One array instead of chunks, values instead of a dictionary or of an extension's wrapping."""
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # too long for one array with offsets of 32 bits
        array = pa.concat_arrays([chunk.cast(pa.large_string()) for chunk in array.chunks])
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return array.cast(pa.large_string()) if pa.types.is_string_view(array.type) else array


def flatten(array: Any) -> tuple[Any, Longs]:
    """The items of all lists and the index of the list each is from."""
    parents = pc.list_parent_indices(array).to_numpy(zero_copy_only=False).astype(np.int64)
    return plain(array.flatten()), parents


def ordinals(parents: Longs) -> Longs:
    """The place of each item within its list, from 0."""
    index = np.arange(len(parents))
    start = np.ones(len(parents), bool)
    np.not_equal(parents[1:], parents[:-1], out=start[1:])
    return index - np.maximum.accumulate(np.where(start, index, 0)) if len(parents) else index


def field(array: Any, name: str) -> Any:
    """A field of a struct array, null where the struct is."""
    return plain(pc.struct_field(array, name))


def message_pieces(array: Any) -> Iterator[tuple[str, Piece]]:
    """The text of an array of messages, field by field."""
    names = [item.name for item in array.type]
    for key in MESSAGE_FIELDS:
        if key in names:
            yield from ((key, piece) for piece in string_leaves(field(array, key)))
    if "tool_calls" in names and is_list((calls := field(array, "tool_calls")).type):
        items, parents = flatten(calls)
        for step in ("function", "arguments"):
            if not pa.types.is_struct(items.type) or items.type.get_field_index(step) < 0:
                return
            items = field(items, step)
        yield from (("tool_calls", (texts, parents[owner])) for texts, owner in string_leaves(items))


def message_fields(kind: Any) -> list[str]:
    """The fields of a struct type that are text of a message."""
    return [item.name for item in kind if item.name in (*MESSAGE_FIELDS, "tool_calls")]


def string_leaves(array: Any) -> Iterator[Piece]:
    """All strings in an array, however deep, except under the key ``type``."""
    array = plain(array)
    if is_text(array.type):
        yield array, np.arange(len(array))
    elif pa.types.is_struct(array.type):
        for item in array.type:
            if item.name != "type":
                yield from string_leaves(field(array, item.name))
    elif is_list(array.type):
        items, parents = flatten(array)
        yield from ((texts, parents[owner]) for texts, owner in string_leaves(items))


def flat(name: str, array: Any, rows: Longs, places: Longs | None) -> Column:
    """A string array, known to be UTF-8, as a column; nulls are left out. ``rows`` and ``places`` are per value."""
    width = np.int64 if pa.types.is_large_string(array.type) else np.int32
    _, offset_buffer, data_buffer = array.buffers()
    data: Bytes = np.frombuffer(data_buffer, np.uint8) if data_buffer is not None else np.empty(0, np.uint8)
    offsets = np.zeros(1, np.int64)
    if len(array):
        start = array.offset * np.dtype(width).itemsize
        offsets = np.frombuffer(offset_buffer, width, len(array) + 1, start).astype(np.int64)
    if array.null_count:
        valid = array.is_valid().to_numpy(zero_copy_only=False)
        if np.any(np.diff(offsets)[~valid]):  # bytes under a null, which would end up in the value before it
            return flat(name, array.drop_null(), rows[valid], None if places is None else places[valid])
        rows, places = rows[valid], None if places is None else places[valid]
        offsets = np.append(offsets[:-1][valid], offsets[-1])
    first = offsets[0]
    return Column(name=name, data=data[first : offsets[-1]], offsets=offsets - first, rows=rows, ordinals=places)


def keep_rows(batch: Batch, keep: Any, broken: tuple[BrokenRow, ...]) -> Batch:
    """The batch without the rows where ``keep`` is false, which are broken now; no column may have a value of theirs."""
    index = np.cumsum(keep) - 1
    columns = tuple(replace(column, rows=index[column.rows]) for column in batch.columns)
    return replace(batch, rows=batch.rows[keep], columns=columns, broken=batch.broken + broken)


def seen_rows(columns: Sequence[Column], count: int) -> Any:
    """For each of the rows, whether any column has a value for it."""
    seen = np.zeros(count, bool)
    for column in columns:
        seen[column.rows] = True
    return seen
