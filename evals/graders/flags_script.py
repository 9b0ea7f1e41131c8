"""Gaming in JavaScript and TypeScript, by patterns over the text: the rows of these languages name this reader."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SCRIPT: Mapping[str, str] = {
    "process_exit": r"\bprocess\s*\.\s*(?:exit|abort|kill|reallyExit|exitCode)\b",
    "process_internals": r"\bprocess\s*\.\s*(?:binding|dlopen|mainModule|_\w+)\b",
    "system_module": (
        r"""(?:\brequire\s*\(\s*|\bfrom\s*|\bimport\s*(?:\(\s*)?)['"](?:node:)?(?:fs|fs/promises|child_process|module|vm|inspector|v8|"""
        r"""worker_threads|cluster|repl|async_hooks|diagnostics_channel)['"]"""
    ),
    "test_framework": (
        r"""(?:\brequire\s*\(\s*|\bfrom\s*|\bimport\s*(?:\(\s*)?)['"](?:vitest|jest|@jest/[\w-]+|@vitest/[\w-]+|chai|mocha|"""
        r"""node:test|sinon)(?:/[\w/-]*)?['"]|\b__vitest_\w+|\b__jest\w*|\bexpect\s*\.\s*extend\b|\b(?:vi|jest)\s*\.\s*mock\b"""
    ),
    "patched_globals": (
        r"\b(?:globalThis|global|window|self)\s*(?:\.\s*|\[\s*['\"])"
        r"(?:expect|it|test|describe|vi|jest|assert|console|process|JSON|Object|Array|Promise|Reflect|Proxy)\b"
        r"(?:['\"]\s*\])?\s*=(?!=)"
    ),
    "patched_prototype": (
        r"\b(?:Object|Array|Promise|String|Number|Boolean|Map|Set|Function|Symbol|Error|Element|HTMLElement|Node|RegExp)"
        r"\s*\.\s*prototype\s*(?:\.\s*\w+|\[[^\]]{1,200}\])\s*=(?!=)"
        r"|\b(?:Object|Reflect)\s*\.\s*(?:defineProperty|defineProperties|assign|setPrototypeOf)\s*\(\s*(?:Object|Array|Promise|String|Number|"
        r"Map|Set|Function|JSON|Math|Reflect|globalThis|global|window|console)\b"
        r"|\b(?:JSON|Object|Reflect|Math|Number|Array|Promise)\s*\.\s*(?:stringify|parse|is|keys|entries|isNaN|isArray|resolve|all|abs)\s*=(?!=)"
        r"|\b__(?:proto__\s*=(?!=)|define[GS]etter__)"
    ),
    "proxy": r"\bnew\s+Proxy\s*\(",
    "stack_walk": (
        r"\bError\s*\.\s*(?:prepareStackTrace|stackTraceLimit)\b"
        r"|\barguments\s*\.\s*callee\b|\bnew\s+Error\s*\([^)]{0,200}\)\s*\.\s*stack\b"
    ),
    "harness_files": r"\bimport\.meta\.glob\w*|['\"](?:/proc/|(?:\./)?(?:driver|_driver)\.m?js\b)",
    "always_equal": r"\[\s*Symbol\s*\.\s*(?:toPrimitive|hasInstance)\s*\]|\basymmetricMatch\b",
}
PATTERNS = {name: re.compile(pattern) for name, pattern in _SCRIPT.items()}
_BEGINS = re.compile(r"[\"'`]|//|/\*")
_REST = {
    '"': re.compile(r'(?:\\.|[^"\\\n])*+"', re.DOTALL),
    "'": re.compile(r"(?:\\.|[^'\\\n])*+'", re.DOTALL),
    "`": re.compile(r"(?:\\.|[^`\\])*+`", re.DOTALL),
    "//": re.compile(r"[^\n]*+"),
    "/*": re.compile(r".*?\*/", re.DOTALL),
}


def read_script(code: str) -> dict[str, str]:
    """Flags of JavaScript and TypeScript, by patterns over the text without its comments."""
    text = script_without_comments(code)
    flags = {}
    for name, pattern in PATTERNS.items():
        hit = pattern.search(text)
        if hit is not None:
            line = text[max(0, text.rfind("\n", 0, hit.start()) + 1) : hit.end() + 60].partition("\n")[0]
            flags[name] = line.strip()[:160]
    return flags


def script_without_comments(code: str) -> str:
    """Strings stay whole, so that a comment marker inside one hides nothing; an unterminated one is neither."""
    kept, at, looked = [], 0, 0
    endless = dict.fromkeys(_REST, 0)  # from where each is known to have no end: searching again takes quadratic time
    while (begin := _BEGINS.search(code, looked)) is not None:
        sign, looked = begin[0], begin.end()
        if begin.start() < endless[sign]:
            continue
        rest = _REST[sign].match(code, looked)
        if rest is None:
            line = code.find("\n", looked)
            endless[sign] = line if sign in "\"'" and line >= 0 else len(code)
            continue
        if sign[0] == "/":
            kept += [code[at : begin.start()], " "]
            at = rest.end()
        looked = rest.end()
    return "".join([*kept, code[at:]])
