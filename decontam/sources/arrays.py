"""Arrow arrays as flat columns, without copying the text if the values are contiguous.

Covers every type: strings and bytes of any layout, dictionaries, lists, structs, maps, unions, runs, extensions. The rules of
what counts as text are those of ``values``; bytes are text where they are UTF-8, nothing where they are a picture or sound,
else broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from decontam.kernels.batches import Batch, BrokenRow, Bytes, Column, Longs
from decontam.sources.magic import is_media
from decontam.sources.values import Chosen, is_label, title

_BLANK = b" "[0]


def is_text(kind: Any) -> bool:
    """Whether values of the type are strings."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_bytes(kind: Any) -> bool:
    """Whether values of the type are bytes, which may be text."""
    types = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
    return any(of_type(kind) for of_type in types)


def is_list(kind: Any) -> bool:
    """Whether values of the type are lists of any layout."""
    types = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return is_view(kind) or any(of_type(kind) for of_type in types)


def is_view(kind: Any) -> bool:
    """Whether values of the type are lists by offset and size."""
    return bool(pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind))


def inner(kind: Any) -> Any:
    """The type behind an extension, a dictionary or runs."""
    while True:
        if isinstance(kind, pa.BaseExtensionType):
            kind = kind.storage_type
        elif pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
            kind = kind.value_type
        else:
            return kind


def text_names(kind: Any, name: str) -> Iterator[str]:
    """The names of all places in a type that can hold text."""
    kind = inner(kind)
    if is_text(kind) or is_bytes(kind):
        yield name
    elif pa.types.is_map(kind):
        yield from text_names(kind.key_type, f"{name}[].key")
        yield from text_names(kind.item_type, f"{name}[].value")
    elif is_list(kind):
        yield from text_names(kind.value_type, f"{name}[]")
    elif pa.types.is_struct(kind) or pa.types.is_union(kind):
        for item in kind:
            yield from text_names(item.type, f"{name}.{item.name}")


@dataclass(slots=True)
class Gathered:
    """The text of an array. ``columns``: by name, in order; ``bad``: rows with bytes that are no text, and why."""

    chosen: Chosen
    columns: list[Column] = field(default_factory=list)
    bad: dict[int, str] = field(default_factory=dict)

    def add(self, array: Any, name: str, rows: Longs, places: Longs | None) -> None:
        """All text in an array of which value i is of row ``rows[i]`` and in its outermost list at ``places[i]``."""
        kind = inner(array.type)
        if not any(leaf in self.chosen for leaf in text_names(kind, name)) or array.null_count == len(array):
            return
        array = plain(array)
        if is_text(array.type):
            self.columns.append(flat(name, array, rows, places))
        elif is_bytes(array.type):
            self.add_bytes(array, name, rows, places)
        elif pa.types.is_struct(array.type):
            for index, item in enumerate(array.type):
                self.add(pc.struct_field(array, [index]), f"{name}.{item.name}", rows, places)
        elif pa.types.is_union(array.type):
            self.add_union(array, name, rows, places)
        else:
            items, parents = flatten(array)
            outer = ordinals(parents) if places is None else places[parents]
            if pa.types.is_map(array.type):
                for index, part in enumerate(("key", "value")):
                    self.add(pc.struct_field(items, [index]), f"{name}[].{part}", rows[parents], outer)
            else:
                self.add(items, f"{name}[]", rows[parents], outer)

    def add_union(self, array: Any, name: str, rows: Longs, places: Longs | None) -> None:
        """The values of each type of a union; values of dense ones lie packed."""
        codes = array.type_codes.to_numpy()
        dense = array.offsets.to_numpy() if array.type.mode == "dense" else None
        for index, code in enumerate(array.type.type_codes):
            here = np.flatnonzero(codes == code)
            child, wanted = array.field(index), here if dense is None else dense[here]
            if not np.array_equal(wanted, np.arange(len(child))):
                child = taken(child, wanted)
            self.add(child, f"{name}.{array.type[index].name}", rows[here], None if places is None else places[here])

    def add_bytes(self, array: Any, name: str, rows: Longs, places: Longs | None) -> None:
        """Bytes that are UTF-8 as text; of others media are left out, and the rest makes its row bad."""
        array = array.cast(pa.large_binary())
        try:
            self.columns.append(flat(name, array.cast(pa.large_string()), rows, places))
            return
        except pa.ArrowInvalid:
            values = array.to_pylist()
        good = np.zeros(len(values), bool)
        for index, value in enumerate(values):
            try:
                good[index] = value is not None and value.decode() is not None
            except UnicodeDecodeError:
                if not is_media(value[:64]):
                    self.bad[int(rows[index])] = f"{name}: bytes that are not UTF-8"
        kept = array.filter(pa.array(good)).cast(pa.large_string())
        self.columns.append(flat(name, kept, rows[good], None if places is None else places[good]))


def plain(array: Any) -> Any:
    """One array instead of chunks, values instead of a dictionary, of runs or of an extension's wrapping, offsets for views."""
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # too long for one array with offsets of 32 bits
        array = pa.concat_arrays([chunk.cast(pa.large_string()) for chunk in array.chunks])
    while True:
        if isinstance(array, pa.ExtensionArray):
            array = array.storage
        elif pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        elif pa.types.is_run_end_encoded(array.type):
            array = pc.run_end_decode(array)
        elif pa.types.is_string_view(array.type):
            array = array.cast(pa.large_string())
        else:
            return array


def taken(array: Any, places: Longs) -> Any:
    """Some values of an array, also of types that pyarrow cannot take from."""
    try:
        return array.take(pa.array(places, pa.int64()))
    except pa.ArrowNotImplementedError:
        return pa.concat_arrays([array.slice(int(place), 1) for place in places]) if len(places) else array.slice(0, 0)


def flatten(array: Any) -> tuple[Any, Longs]:
    """The items of all lists and the index of the list each is from; of a map its entries."""
    if pa.types.is_map(array.type):
        entries = pa.struct([pa.field("key", array.type.key_type, nullable=False), pa.field("value", array.type.item_type)])
        array = array.cast(pa.list_(entries))
    elif is_view(array.type):
        lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
        return array.flatten(), np.repeat(np.arange(len(array)), lengths)
    parents = pc.list_parent_indices(array).to_numpy(zero_copy_only=False).astype(np.int64)
    return array.flatten(), parents


def ordinals(parents: Longs) -> Longs:
    """The place of each item within its list, from 0."""
    index = np.arange(len(parents))
    start = np.ones(len(parents), bool)
    np.not_equal(parents[1:], parents[:-1], out=start[1:])
    return index - np.maximum.accumulate(np.where(start, index, 0)) if len(parents) else index


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
    return Column(name=title(name), data=data[first : offsets[-1]], offsets=offsets - first, rows=rows, ordinals=places)


def keep_rows(batch: Batch, keep: Any, broken: tuple[BrokenRow, ...]) -> Batch:
    """The batch without the rows where ``keep`` is false, which are broken now, and without their values."""
    index = np.cumsum(keep) - 1
    columns = []
    for column in batch.columns:
        stays = keep[column.rows]
        if not stays.all():
            column = kept_values(column, stays)
        if len(column.rows):
            columns.append(replace(column, rows=index[column.rows]))
    return replace(batch, rows=batch.rows[keep], columns=tuple(columns), broken=batch.broken + broken)


def kept_values(column: Column, stays: Any) -> Column:
    """A column with some of its values."""
    lengths = np.diff(column.offsets)
    return replace(
        column,
        data=column.data[np.repeat(stays, lengths)],
        offsets=np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths[stays]))),
        rows=column.rows[stays],
        ordinals=None if column.ordinals is None else column.ordinals[stays],
    )


def seen_rows(columns: Sequence[Column], count: int) -> Any:
    """For each of the rows, whether it has text: any value, of labels one that can be of several words."""
    seen = np.zeros(count, bool)
    for column in columns:
        rows = column.rows
        if is_label(column.name):
            wordy = np.flatnonzero((column.data == _BLANK) | (column.data >= 0x80))
            rows = rows[np.searchsorted(column.offsets, wordy, "right") - 1]
        seen[rows] = True
    return seen
