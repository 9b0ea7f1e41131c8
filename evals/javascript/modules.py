"""Module syntax out of JavaScript and TypeScript: a module becomes a script whose top-level names are global.

Covers imports (of Node's modules, through ``require``) and every form of export; strict mode stays. Not covered:
``await`` at the top level and ``import.meta``, which scripts lack.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from tree_sitter import Node

from evals.javascript.trees import Unreadable, field, parse_source, parts, text, walk
from evals.source import sound


def as_script(source: str, dialect: str) -> str:
    """The source without import and export statements; unchanged if it has none. Lines keep their numbers."""
    source = sound(source)
    try:
        root = parse_source(source, dialect)
    except Unreadable:
        return source
    statements = [node for node in parts(root) if node.type in {"import_statement", "export_statement"}]
    if not statements:
        return source
    data = source.encode()
    last = _last_uses(root) if dialect != "javascript" else {}
    out, at = [b'"use strict";'], 0
    for node in statements:
        if node.type == "import_statement":
            # In TypeScript an import of types alone is none at all when it runs.
            new = "" if dialect != "javascript" and _is_unused(node, last) else _import(node)
        else:
            new = _export(node)
        lines = text(node).count("\n") - new.count("\n")
        out += [data[at : node.start_byte], new.encode(), b"\n" * max(lines, 0)]
        at = node.end_byte
    return b"".join([*out, data[at:]]).decode()


def without_imports(node: Node) -> str:
    """A statement's source; of an import, the ``require`` that does the same."""
    return _import(node) if node.type == "import_statement" else text(node)


def _import(node: Node) -> str:
    words = [child.type for child in node.children]
    if "type" in words or "typeof" in words:
        return ""
    requires = next((child for child in parts(node) if child.type == "import_require_clause"), None)
    if requires is not None:
        return f"const {text(parts(requires)[0])} = require({text(field(requires, 'source'))});"
    wanted = f"require({text(field(node, 'source'))})"
    clause = next((child for child in parts(node) if child.type == "import_clause"), None)
    if clause is None:
        return f"{wanted};"
    lines = []
    for part in parts(clause):
        if part.type == "identifier":
            lines.append(f"const {text(part)} = ((m) => m && m.__esModule ? m.default : m)({wanted});")
        elif part.type == "namespace_import":
            lines.append(f"const {text(parts(part)[-1])} = {wanted};")
        else:
            lines.append(f"const {{ {', '.join(_renamed(specifier, ': ') for specifier in _specifiers(part))} }} = {wanted};")
    return " ".join(lines)


def _is_unused(node: Node, last: Mapping[str, int]) -> bool:
    """Whether no value that an import names is used; an import without names is for its effects."""
    bound = {text(inner) for inner in walk(node) if inner.type == "identifier"}
    return bool(bound) and all(last.get(name, -1) < node.end_byte for name in bound)


def _last_uses(root: Node) -> dict[str, int]:
    """Where each name last stands for a value, as a byte of the source."""
    return {text(inner): inner.start_byte for inner in walk(root) if inner.type in _VALUES}


_VALUES = {"identifier", "shorthand_property_identifier"}


def _specifiers(node: Node) -> list[Node]:
    """What braces name, without types."""
    named = [part for part in parts(node) if part.type.endswith("_specifier")]
    return [part for part in named if not any(child.type == "type" for child in part.children)]


def _renamed(specifier: Node, sign: str) -> str:
    name, alias = field(specifier, "name"), specifier.child_by_field_name("alias")
    return f"{text(name)}{sign}{text(alias)}" if alias is not None else text(name)


def _export(node: Node) -> str:
    declaration = node.child_by_field_name("declaration")
    default = any(child.type == "default" for child in node.children)
    if declaration is not None and (not default or declaration.child_by_field_name("name") is not None):
        exported = f" module.exports.default = {text(field(declaration, 'name'))};" if default else ""
        return text(declaration) + exported
    value = node.child_by_field_name("value") or declaration
    if value is not None:
        return f"module.exports.default = {text(value)};"
    if node.child_by_field_name("source") is not None:
        source = text(field(node, "source"))
        return f"Object.assign(module.exports, require({source}));"
    clause = next((child for child in parts(node) if child.type == "export_clause"), None)
    lines = []
    for specifier in _specifiers(clause) if clause is not None else []:
        alias = specifier.child_by_field_name("alias") or field(specifier, "name")
        lines.append(f"module.exports[{json.dumps(text(alias))}] = {text(field(specifier, 'name'))};")
    return " ".join(lines)
