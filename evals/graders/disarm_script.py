"""JavaScript and TypeScript without what flags name, by the patterns that found it: see ``disarm``.

Replaces text, so a pattern that found a harmless string changes that string too; what then does not run stays unsettled.
"""

from __future__ import annotations

import re
from collections.abc import Set
from functools import partial

from evals.graders.flags_script import PATTERNS, script_without_comments

INERT = "goldloopInert"
"""The name of what takes the place of something flagged: called, read and written it holds nothing."""
INERT_SCRIPT = (
    f"const {INERT} = (() => {{ const inert = new Proxy(function () {{}}, {{ "
    "get: (target, key) => (key === 'then' ? undefined : key === Symbol.toPrimitive ? () => '' : "
    "key === Symbol.iterator ? function* () {} : inert), "
    "set: () => true, has: () => true, deleteProperty: () => true, defineProperty: () => true, construct: () => inert, "
    "apply: (target, self, given) => given.find((one) => one && typeof one === 'object') ?? inert }); return inert; })(), "
    "goldloopUnproxied = function (target) { return target; }; "
)
"""Its definition, on one line; once in a file."""
_IMPORT = re.compile(r"^[ \t]*import\s+([^'\";]+?)\s+from\s*(['\"])([^'\"]+)\2;?", re.MULTILINE)
_BARE = re.compile(r"^[ \t]*import\s*(['\"])([^'\"]+)\1;?", re.MULTILINE)
_HEADS = {
    "proxy": (r"\bnew\s+Proxy\b", "new goldloopUnproxied"),
    "always_equal": (r"\bSymbol\s*\.\s*(?:toPrimitive|hasInstance)\b|\basymmetricMatch\b", "'goldloopMark'"),
}
_OWNER = re.compile(r"^\s*[\w$]+")
_CALLED = re.compile(r"^(?:Object|Reflect)\s*\.\s*\w+\s*\(")


def disarm_script(code: str, flags: Set[str]) -> str | None:
    """See ``disarm.disarmed``; any text may come in."""
    text = script_without_comments(code)
    for name in sorted(flags):
        if name not in PATTERNS:
            return None
        if name in _HEADS:
            text = re.sub(*_HEADS[name], text)
            continue
        if name in {"system_module", "test_framework"}:
            flagged_import = partial(_import, pattern=PATTERNS[name])
            text = _BARE.sub(flagged_import, _IMPORT.sub(flagged_import, text))
        text = PATTERNS[name].sub(_instead, text)
    return text if INERT_SCRIPT in text else INERT_SCRIPT + text


def _import(found: re.Match[str], pattern: re.Pattern[str]) -> str:
    return inert_import(found[0]) if pattern.search(found[0]) else found[0]


def inert_import(statement: str) -> str:
    """An import as constants that hold nothing; empty for one of types, or for its effects."""
    found = _IMPORT.match(statement)
    if found is None:
        return ""
    clause, made = found[1].strip(), []
    if clause.startswith("type "):
        return ""
    braces = re.search(r"\{([^}]*)\}", clause)
    if braces is not None:
        names = [re.sub(r"\s+as\s+", ": ", part.strip().removeprefix("type ")) for part in braces[1].split(",") if part.strip()]
        made.append(f"{{ {', '.join(names)} }}")
        clause = clause.replace(braces[0], "")
    made += [part.strip().removeprefix("* as ").strip() for part in clause.split(",") if part.strip()]
    return " ".join(f"const {one} = {INERT};" for one in made)


def _instead(found: re.Match[str]) -> str:
    """What takes the place of a piece of text that a flag's pattern found."""
    text = found[0]
    if re.match(r"(?:require|import)\s*\(", text):
        return f"({INERT}" if text.startswith("require") else f"Promise.resolve({INERT}"
    if text[0] in "'\"":
        return f"{text[0]}goldloop-nothing"
    if text.startswith("__proto__"):
        return "goldloop" + text
    if text.startswith("import.meta"):
        return INERT
    if _CALLED.match(text):  # Object.defineProperty(Array..., which gives what it is given
        return INERT + text[text.index("(") :]
    return _OWNER.sub(INERT, text, count=1)
