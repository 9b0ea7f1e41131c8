"""The Modelfile for Ollama: where the weights are, the chat template in Ollama's language, where a turn ends, what it reads.

Ollama takes the template of a GGUF only where it knows it; else it sends the bare prompt. So the template is written out: read
off what the model's own one writes, and kept only if it writes the same for every kind of conversation that was tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evals.models.chat import turn_end
from evals.records import Message

MOST_CONTEXT = 8192
"""``num_ctx`` at most: Ollama reserves memory for all of it, and a model's own limit may be sixteen times as much."""
_S, _U, _A, _V = "goldloopsystem", "goldloopuser", "goldloopanswer", "goldloopagain"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTexts:
    """What a template puts around the texts of a conversation; ``default`` comes first where there is no system message."""

    default: str
    system: tuple[str, str]
    user: tuple[str, str]
    assistant: tuple[str, str]
    cue: str

    def write(self, messages: Sequence[Message]) -> str:
        """The conversation as these texts make it, with the cue for an answer."""
        around = {"system": self.system, "user": self.user, "assistant": self.assistant}
        first = "" if any(message["role"] == "system" for message in messages) else self.default
        turns = (f"{around[m['role']][0]}{m['content']}{around[m['role']][1]}" for m in messages)
        return "".join([first, *turns, self.cue])

    def in_ollamas_language(self) -> str:
        """As Go's text/template takes it, with Ollama's names."""
        branches = [
            f'{{{{ {"if" if place == 0 else "else if"} eq .Role "{role}" }}}}{before}{{{{ .Content }}}}{after}'
            for place, (role, (before, after)) in enumerate(
                (("system", self.system), ("user", self.user), ("assistant", self.assistant))
            )
        ]
        first = f"{{{{ if not .System }}}}{self.default}{{{{ end }}}}" if self.default else ""
        return f"{first}{{{{ range .Messages }}}}{''.join(branches)}{{{{ end }}}}{{{{ end }}}}{self.cue}"


def turn_texts(tokenizer: Any, *, skip: str = "") -> TurnTexts | None:
    """The texts of a tokenizer's template; None where it does more than to put fixed texts around each turn.

    ``skip`` is a text at the very start that the engine adds by itself (the first token, where the GGUF says so).
    """
    from jinja2 import TemplateError

    try:
        found = _read_off(tokenizer)
        if found is None or any(found.write(said) != _rendered(tokenizer, said) for said in _TRIED):
            return None
    except (TemplateError, TypeError, ValueError):
        return None
    if skip:
        if not (found.default or found.user[0]).startswith(skip) or not found.system[0].startswith(skip):
            return None
        if not found.default and found.user[0].startswith(skip):
            return None  # written before every turn, not once
        found = TurnTexts(
            default=found.default.removeprefix(skip),
            system=(found.system[0].removeprefix(skip), found.system[1]),
            user=found.user,
            assistant=found.assistant,
            cue=found.cue,
        )
    every = (found.default, *found.system, *found.user, *found.assistant, found.cue)
    return None if any("{{" in text or "}}" in text or '"""' in text for text in every) else found


def _turn(role: str, content: str) -> Message:
    return {"role": role, "content": content}


_TRIED: tuple[tuple[Message, ...], ...] = (
    (_turn("user", "Write `f`."),),
    (_turn("system", "Be brief."), _turn("user", "Write `f`.")),
    (_turn("user", "a\n\nb"), _turn("assistant", "c"), _turn("user", "d")),
    (_turn("system", "Rules:\n1"), _turn("user", "a"), _turn("assistant", "b\nc"), _turn("user", "d")),
    (_turn("user", "a"), _turn("assistant", "b"), _turn("user", "c"), _turn("assistant", "d"), _turn("user", "e")),
)


def _rendered(tokenizer: Any, messages: Sequence[Message], *, cue: bool = True) -> str:
    return str(tokenizer.apply_chat_template(list(messages), add_generation_prompt=cue, tokenize=False))


def _read_off(tokenizer: Any) -> TurnTexts | None:
    """Four marks in one conversation, with and without a system message, a cue and a last answer, give every text."""
    system, user, answer, again = _turn("system", _S), _turn("user", _U), _turn("assistant", _A), _turn("user", _V)
    whole = _parts(_rendered(tokenizer, [system, user, answer, again]), (_S, _U, _A, _V))
    plain = _parts(_rendered(tokenizer, [user, answer, again], cue=False), (_U, _A, _V))
    ended = _parts(_rendered(tokenizer, [user, answer], cue=False), (_U, _A))
    if whole is None or plain is None or ended is None:
        return None
    after_user, after_answer = plain[-1], ended[-1]
    before_user = _without(plain[2], after_answer, start=True)
    before_answer = _without(plain[1], after_user, start=True)
    cue = _without(whole[-1], after_user, start=True)
    if before_user is None or before_answer is None or cue is None:
        return None
    after_system, default = _without(whole[1], before_user), _without(plain[0], before_user)
    if after_system is None or default is None:
        return None
    return TurnTexts(
        default=default,
        system=(whole[0], after_system),
        user=(before_user, after_user),
        assistant=(before_answer, after_answer),
        cue=cue,
    )


def _without(text: str, part: str, *, start: bool = False) -> str | None:
    """The text without a part at its end, or at its start; None where it is not there."""
    if start:
        return text[len(part) :] if text.startswith(part) else None
    return text[: len(text) - len(part)] if text.endswith(part) else None


def _parts(text: str, marks: Sequence[str]) -> list[str] | None:
    """What stands between marks that come once and in this order; None where they do not."""
    parts = []
    for mark in marks:
        before, found, text = text.partition(mark)
        if not found:
            return None
        parts.append(before)
    parts.append(text)
    return parts


def modelfile(tokenizer: Any, weights: str, *, name: str, context: int, temperature: float | None, skip: str = "") -> str:
    """The text of a Modelfile for the GGUF file ``weights`` beside it.

    ``temperature`` is that of the evaluation; None leaves Ollama's own. ``skip``: see ``turn_texts``.
    """
    lines = [f"# ollama create {name} -f Modelfile", f"FROM ./{weights}"]
    texts = turn_texts(tokenizer, skip=skip)
    if texts is not None:
        lines.append(f'TEMPLATE """{texts.in_ollamas_language()}"""')
    else:
        lines.append(
            "# No TEMPLATE: the model's own is more than fixed texts around each turn. The GGUF has it; Ollama uses it if it"
        )
        lines.append("# knows it (`ollama show NAME --template` says so). If it does not, write one here.")
    end = turn_end(tokenizer)
    if end is not None:
        stop = end.text.strip() or str(tokenizer.decode([end.token]))
        lines.append(f"PARAMETER stop {_quoted(stop)}")
    if context:
        lines.append(f"PARAMETER num_ctx {min(context, MOST_CONTEXT)}")
    if temperature is not None:
        lines.append(f"PARAMETER temperature {temperature:g}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return f'"""{text}"""' if '"' in text or "\n" in text else f'"{text}"'
