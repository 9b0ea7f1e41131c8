"""Options of a class that a seam loads, such as a backend or a trainer: checked by the class's own settings model.

A class says what it takes with a class attribute ``settings``, a pydantic model, and gets an instance as the keyword argument
``options``. A class without one takes no options.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from evals.errors import BadInput
from evals.files import findings


def settings_of(target: Any) -> type[BaseModel] | None:
    """The settings model of a class; None if it takes no options."""
    model = getattr(target, "settings", None)
    return model if isinstance(model, type) and issubclass(model, BaseModel) else None


def option_problems(target: Any, given: Mapping[str, Any], what: str) -> list[tuple[str, str]]:
    """(key, message) for everything that is wrong with options; ``what`` names the class, as in ``backend vllm``."""
    model = settings_of(target)
    if model is None:
        return [(key, f"unknown option {key!r}: {what} takes none") for key in given]
    open_ended = model.model_config.get("extra") == "allow"
    unknown = [] if open_ended else [key for key in given if key not in model.model_fields]
    problems = [(key, f"unknown option {key!r}{_near(key, model)}") for key in unknown]
    try:
        model.model_validate({key: value for key, value in given.items() if key not in unknown})
    except ValidationError as error:
        problems += [(".".join(map(str, place)), message) for place, message in findings(error, model)]
    return problems


def _near(key: str, model: type[BaseModel]) -> str:
    near = difflib.get_close_matches(key, model.model_fields, 1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(model.model_fields)}"


def read_options(target: Any, given: Mapping[str, Any], what: str, section: str) -> dict[str, Any]:
    """The keyword argument ``options`` for a class, an instance of its settings model; nothing where it has none.

    Args:
        target: the class.
        given: the options as the configuration has them.
        what: the class, for messages: ``backend vllm``.
        section: where the options stand: ``backend_options``.

    Raises:
        BadInput: an option that the class does not have, or a value that does not fit; all of them.
    """
    if problems := option_problems(target, given, what):
        raise BadInput("\n".join(f"{section}.{key}: {message}" for key, message in problems))
    model = settings_of(target)
    return {"options": model.model_validate(dict(given))} if model is not None else {}
