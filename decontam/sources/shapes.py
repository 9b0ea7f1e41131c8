"""The Arrow schema of a file of JSON objects, learned from its rows: what pyarrow needs to read every column of a block at once.

A schema that lacks a column makes pyarrow refuse the block, so nothing is passed over; the block is then read line by line, and
its rows are learned. Values without one type (a number here, text there), objects whose keys are data, and deep nesting have no
schema, and are always read line by line.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from decontam.sources.values import is_prose

_MAX_DEPTH, _MAX_FIELDS = 48, 256
_LEAVES = {"null": pa.null(), "bool": pa.bool_(), "number": pa.float64(), "text": pa.string()}


class NoSchema(Exception):
    """The rows have no common schema."""


class Learned:
    """The shape of the rows so far; shared by the threads that parse a file. Decides how fast it is read, not what is read."""

    def __init__(self) -> None:
        self._tree: Any = {}
        self._schema: Any = None
        self._lock = threading.Lock()
        self._fields = 0
        self.none = False

    def schema(self) -> Any:
        """The schema; None where nothing is known yet, or there is none."""
        with self._lock:
            if self.none or not self._tree:
                return None
            if self._schema is None:
                try:
                    self._schema = pa.schema([(key, type_of(item)) for key, item in self._tree.items()])
                except (UnicodeEncodeError, pa.ArrowException):
                    self.none = True
            return self._schema

    def learn(self, rows: Iterable[Any]) -> bool:
        """Take over the columns of some rows; whether anything was new."""
        with self._lock:
            if self.none:
                return False
            before = self._fields
            try:
                for row in rows:
                    if isinstance(row, dict):
                        self._tree = self._merge(self._tree, row, 0)
            except NoSchema:
                self.none = True
            if self._fields != before:
                self._schema = None
            return self._fields != before

    def _merge(self, tree: Any, value: Any, depth: int) -> Any:
        if value is None:
            return tree
        kind = "text" if isinstance(value, str) else "bool" if isinstance(value, bool) else "number"
        if isinstance(value, (dict, list)):
            if depth > _MAX_DEPTH:
                raise NoSchema
            if tree == "null":
                tree, self._fields = type(value)(), self._fields + 1
            if not isinstance(tree, type(value)):
                raise NoSchema
            if isinstance(value, list):
                inner = tree[0] if tree else "null"
                for item in value:
                    inner = self._merge(inner, item, depth + 1)
                tree[:] = [inner]
                return tree
            for key, item in value.items():
                if key not in tree:
                    self._fields += 1
                    if self._fields > _MAX_FIELDS or is_prose(key):
                        raise NoSchema
                    tree[key] = "null"
                tree[key] = self._merge(tree[key], item, depth + 1)
            return tree
        if tree == "null":
            self._fields += 1
            return kind
        if tree != kind:
            raise NoSchema
        return tree


def type_of(tree: Any) -> Any:
    """The Arrow type of a branch."""
    if isinstance(tree, dict):
        return pa.struct([(key, type_of(item)) for key, item in tree.items()])
    if isinstance(tree, list):
        return pa.list_(type_of(tree[0]) if tree else pa.null())
    return _LEAVES[tree]
