"""What the prose before a block of code says of it: that more is to come, that it is not the answer, another way, a use.

English, by a few words in the last lines before the block. A word that is read wrongly costs a longer answer, or the choice
between two versions that are both whole; names that a task asks for decide first (see ``extract``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LOOKED_AT = 400  # characters before the block
_CODE = (
    r"(?:code|functions?|implementation|versions?|solution|program|quer(?:y|ies)|snippet|attempt|class|methods?|approach|draft"
    r"|try)"
)
_BEGINS = re.compile(
    r"(?:^|[.!?:]\s|\n)\W*(?:first(?:ly|\s+of\s+all)?\b(?!\s+\w+\s*:)|to\s+(?:start|begin)\b|(?:step|part)\s+(?:1|one)\b|1[.)]\s)"
    r"|\b(?:start|begin)(?:ing|s)?\s+(?:by|with|off|out|from)\b|\b(?:let(?:'|\u2019)?s|we|I|I(?:'|\u2019)ll|will)\s+first\b|\bfirst\W*$"
    rf"|\bhelpers?\b|\b(?:two|three|several)\s+(?:\w+\s+)?(?:steps|parts|blocks|pieces|versions)\b"
    rf"|\b(?:first|initial|rough|simple|simplified|simplest|basic|naive|na\u00efve|partial|incomplete|quick)\s+(?:\w+\s+)?{_CODE}",
    re.IGNORECASE,
)
_PRIOR = re.compile(
    r"\b(?:original|given|provided|buggy|broken|faulty|incorrect|wrong|flawed|existing|current|old|previous|your|bad)\s+"
    rf"(?:\w+\s+)?{_CODE}\b|\b(?:stub|skeleton|outline|template|signature|boilerplate|pseudo-?code|scaffold(?:ing)?|placeholder)\b"
    r"|\b(?:don(?:'|\u2019)?t|do\s+not|never)\s+(?:do|write|use)\b|\bwithout\s+the\s+fix\b"
    r"|(?:^|\n)\W*(?:before|bad|wrong|incorrect|buggy|broken|faulty|problematic|original|don(?:'|\u2019)?t|avoid)(?:\s+\w+)?\W*$"
    r"|\b(?:problem|bug|issue|error|mistake)\s+(?:is|lies|comes|was)\b",
    re.IGNORECASE,
)
_FINAL = re.compile(
    r"\b(?:complete|completed|full|final|finally|finished|whole|entire|combined|combine|corrected|fixed|fix|revised|updated|amended"
    r"|repaired|rewritten|altogether|together|actual(?:ly)?|proper)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"(?:^|\n|[.!]\s)\W*or\b|\balternative(?:ly)?\b|\banother\s+(?:\w+\s+)?(?:way|approach|version|option|solution|method|implementation)\b"
    r"|\b(?:can|could|may|might)\s+also\b|\bother\s+(?:way|approach|option)s?\b|\b(?:if\s+you\s+(?:prefer|want|need|like))\b"
    r"|\b(?:shorter|one-?liner|more\s+(?:concise|compact|efficient|pythonic|idiomatic|readable)|optimi[sz]ed|variant|equivalent(?:ly)?)\b",
    re.IGNORECASE,
)
_SHOWS = re.compile(
    r"\b(?:usage|us(?:e|ing)\s+(?:it|them|this|these|the)|examples?|tests?|testing|try\s+(?:it|this|them)|run(?:ning)?\s+(?:it|this|them)"
    r"|call(?:ing)?\s+(?:it|them|the|this)|like\s+this|demo(?:nstration)?|check\s+(?:it|that|this)|verify|output|prints?|driver"
    r"|install(?:ation)?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What prose says of the block that follows.

    Args:
        begins: more is to come (``First, a helper:``, ``Step 1``, ``a simple version``).
        prior: it is not the answer (``your code``, ``the buggy version``, ``a stub``).
        final: it takes the place of what came before (``the complete code``, ``corrected``).
        other: another way to the same (``or``, ``alternatively``).
        shows: a use, a test, an output.
    """

    begins: bool = False
    prior: bool = False
    final: bool = False
    other: bool = False
    shows: bool = False


def announced(prose: str) -> Announced:
    """Read the prose between a block and the one before it; time is bounded whatever the length."""
    said = _last_lines(prose)
    final = _FINAL.search(said) is not None
    return Announced(
        begins=_BEGINS.search(said) is not None,
        prior=not final and _PRIOR.search(said) is not None,
        final=final,
        other=_OTHER.search(said) is not None,
        shows=_SHOWS.search(said.rstrip().rpartition("\n")[2]) is not None,
    )


def _last_lines(prose: str) -> str:
    """The last paragraph, and a heading or short line right above it."""
    paragraphs = [part.strip() for part in prose[-_LOOKED_AT:].split("\n\n") if part.strip()]
    kept = paragraphs[-1:]
    if len(paragraphs) > 1 and (paragraphs[-2].startswith("#") or len(paragraphs[-2]) < 60 or len(kept[0]) < 20):
        kept.insert(0, paragraphs[-2])
    return "\n".join(kept)
