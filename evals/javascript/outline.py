"""The outline of a script: what it declares at its top level, what it leaves undone, and names that nothing gives."""

from __future__ import annotations

import re

from tree_sitter import Node

from evals.javascript.trees import Unreadable, parse_source, parts, text, walk
from evals.outlines import PROGRAM, Outline

_CLASSES = {"class_declaration", "abstract_class_declaration", "class"}
_NAMED = {"function_declaration", "generator_function_declaration", "interface_declaration", "enum_declaration", *_CLASSES}
_TYPES = {"type_alias_declaration", "ambient_declaration", "module", "internal_module", "function_signature"}
_DECLARATIONS = {"lexical_declaration", "variable_declaration"}
_QUIET = {"import_statement", "empty_statement", "hash_bang_line", "import_alias", *_NAMED, *_TYPES, *_DECLARATIONS}
_PATTERN_NAMES = {"identifier", "shorthand_property_identifier_pattern"}
_BINDERS = {  # with the role of the child that binds; none: all of it
    "formal_parameters": "",
    "import_clause": "",
    "arrow_function": "parameter",
    "catch_clause": "parameter",
    "for_in_statement": "left",
    "assignment_expression": "left",
}
_EXPORTED = re.compile(r"(?:module\.)?exports(?:\.([\w$]+))?")
_UNDONE = re.compile(r"not (?:yet )?implemented|todo|implement me", re.IGNORECASE)
_GLOBALS = (
    "Array ArrayBuffer AsyncIterator BigInt BigInt64Array BigUint64Array Boolean Buffer DataView Date Error "
    "EvalError Event EventTarget Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array Intl "
    "Iterator JSON Map Math NaN Number Object Promise Proxy RangeError React ReferenceError Reflect RegExp Set "
    "String Symbol SyntaxError TextDecoder TextEncoder TypeError URIError URL URLSearchParams Uint16Array "
    "Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet "
    "Response Request Headers FormData Blob File Element HTMLElement Node WebSocket ReadableStream WritableStream "
    "AbortSignal AbortController Atomics SharedArrayBuffer "
    "alert arguments atob btoa clearImmediate clearInterval clearTimeout console decodeURI decodeURIComponent "
    "document encodeURI encodeURIComponent escape eval exports fetch global globalThis isFinite isNaN localStorage "
    "module navigator parseFloat parseInt performance process queueMicrotask require self sessionStorage "
    "setImmediate setInterval setTimeout structuredClone undefined unescape window __dirname __filename crypto"
)
_GIVEN = frozenset(_GLOBALS.split())


def script_outline(source: str, dialect: str) -> Outline | None:
    """The outline of a script in a dialect of ``evals.javascript.trees``; None where it does not parse, or takes too long."""
    try:
        root = parse_source(source, dialect)
    except Unreadable:
        return None
    if root.has_error:
        return None
    defines, imports, undone = set[str](), set[str](), set[str]()
    acts = False
    for top in parts(root):
        exported = top.type == "export_statement"
        for node in parts(top) if exported else [top]:
            _declared(node, defines, undone)
        if exported:
            defines |= _exported(top)
        elif top.type == "import_statement":
            imports |= {text(inner) for inner in walk(top) if inner.type == "identifier"}
        elif top.type in _DECLARATIONS and re.search(r"\brequire\s*\(", text(top)):
            imports |= {name for part in parts(top) for name in _target(part)}
        elif top.type == "expression_statement":
            named = _assigned(top)
            defines |= named
            acts = acts or not (named or _is_words(top) or re.match(r"(?:module\.)?exports\b", text(top)))
        elif top.type not in _QUIET:
            acts = True
    defines -= imports
    if acts:
        defines.add(PROGRAM)
    return Outline(
        whole=True,
        defines=frozenset(defines),
        imports=frozenset(imports),
        undone=frozenset(undone),
        lacks=frozenset(_used(root) - _bound(root) - _GIVEN),
        acts=acts,
    )


def _declared(node: Node, defines: set[str], undone: set[str]) -> None:
    if node.type in _NAMED or node.type in _TYPES:
        name = text(node.child_by_field_name("name"))
        defines.add(name)
        if node.type in _CLASSES:
            members = [part for part in parts(node.child_by_field_name("body") or node) if part.type == "method_definition"]
            called = {f"{name}.{text(part.child_by_field_name('name'))}": _is_undone(part) for part in members}
            defines.update(called)
            undone.update(member for member, is_undone in called.items() if is_undone)
            if called and all(called.values()):
                undone.add(name)
        elif node.type in {"function_declaration", "generator_function_declaration"} and _is_undone(node):
            undone.add(name)
    elif node.type in _DECLARATIONS:
        for part in parts(node):
            value = part.child_by_field_name("value")
            defines |= _target(part)
            if value is not None and value.type in {"arrow_function", "function_expression"} and _is_undone(value):
                undone |= _target(part)


def _target(declarator: Node) -> set[str]:
    return _pattern(declarator.child_by_field_name("name"))


def _pattern(node: Node | None) -> set[str]:
    return set() if node is None else {text(inner) for inner in walk(node) if inner.type in _PATTERN_NAMES}


def _exported(node: Node) -> set[str]:
    """The names that an export gives beside its declarations."""
    names = {text(inner.child_by_field_name("name")) for inner in walk(node) if inner.type == "export_specifier"}
    return names if node.child_by_field_name("source") is not None else set()


def _assigned(statement: Node) -> set[str]:
    """Names that ``exports.f = ..``, ``f = ..`` and ``global.f = ..`` give a value of their own."""
    inner = parts(statement)[0] if parts(statement) else statement
    if inner.type != "assignment_expression":
        return set()
    left, right = text(inner.child_by_field_name("left")), inner.child_by_field_name("right")
    exported = _EXPORTED.fullmatch(left)
    if exported is None:
        return {left} if re.fullmatch(r"[\w$]+", left) else set()
    if right is not None and right.type in {"identifier", "object"}:
        return set()  # of what is declared elsewhere
    return {exported[1]} if exported[1] else set()


def _is_words(statement: Node) -> bool:
    """``'use strict'`` and the like."""
    return bool(parts(statement)) and parts(statement)[0].type == "string"


def _is_undone(function: Node) -> bool:
    """Whether a function's block is blank, or throws that it is not implemented."""
    body = function.child_by_field_name("body")
    if body is None or body.type != "statement_block":
        return False
    return all(part.type == "throw_statement" and _UNDONE.search(text(part)) for part in parts(body))


def _used(root: Node) -> set[str]:
    """Identifiers in places of values; tags of HTML's own elements and names of properties are none."""
    used: set[str] = set()
    for node in walk(root):
        if node.type == "shorthand_property_identifier" or node.type == "identifier":
            name = text(node)
            parent = node.parent
            if parent is not None and parent.type.startswith("jsx_") and parent.type.endswith("_element") and name.islower():
                continue
            used.add(name)
    return used


def _bound(root: Node) -> set[str]:
    """Every name that is bound anywhere, whatever the scope; types count as bound."""
    names: set[str] = set()
    for node in walk(root):
        if node.type in _BINDERS:
            role = _BINDERS[node.type]
            names |= _pattern(node.child_by_field_name(role) if role else node)
        elif node.type == "variable_declarator":
            names |= _target(node)
        elif node.type in _NAMED or node.type in _TYPES or node.type == "function_expression":
            names.add(text(node.child_by_field_name("name")))
    return names - {""}
