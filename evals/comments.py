"""Code without its comments, in any language that has a row: what is left is what runs."""

from __future__ import annotations

from collections.abc import Callable, Set

from evals.languages import Language, language_of, part_of


def without_comments(code: str, language: str) -> str:
    """The code alone, without comments and docstrings; unchanged if it does not parse.

    Raises:
        TaskFault: there is no such language.
        Unreadable: no parser can read it.
    """
    row = language_of(language)
    if row.uncommented:
        return str(part_of(row, "uncommented")(code))
    if row.grammar:
        return with_changed(code, row, row.comments, lambda _: "")
    return row.comment_pattern.sub("", code) if row.comment_pattern is not None else code


def with_changed(code: str, row: Language, kinds: Set[str], change: Callable[[str], str]) -> str:
    """Code of a language with a grammar, with every node of some kinds changed.

    Raises:
        Unreadable: no parser can read it.
    """
    from evals.javascript.trees import parse_source, text, walk  # a grammar is loaded only where it is needed

    source = code.encode(errors="replace")
    ended, pieces = 0, []
    for node in walk(parse_source(source.decode(), row.grammar)):
        if node.type in kinds and node.start_byte >= ended:
            pieces += [source[ended : node.start_byte].decode(), change(text(node))]
            ended = node.end_byte
    return "".join([*pieces, source[ended:].decode()])
