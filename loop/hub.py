"""A finished folder onto the hub, through ``huggingface_hub``: the token is looked at before the work."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from evals.errors import BackendFault, BadInput

_REPO = re.compile(r"[\w.-]+/[\w.-]+")


def require_hub(repo: str) -> None:
    """Check a repository's name, and that the hub takes the user's token, before hours are spent.

    Raises:
        BadInput: the name is none, or the hub refuses the token.
        BackendFault: the hub does not answer.
    """
    if not _REPO.fullmatch(repo):
        raise BadInput(f"--push {repo}: expected OWNER/NAME")
    from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError

    try:
        _api().whoami()
    except LocalTokenNotFoundError:
        raise BadInput(f"--push {repo}: no token of the hub here; log in with `hf auth login`, or set HF_TOKEN") from None
    except HfHubHTTPError as error:
        raise BadInput(f"--push {repo}: the hub refuses the token ({_said(error)}); give one that may write") from None
    except Exception as error:  # the client raises the errors of whichever transport it uses
        raise BackendFault(f"--push {repo}: the hub does not answer ({_said(error)})") from None


def push_folder(folder: Path, repo: str, *, private: bool, message: str) -> str:
    """Upload a folder to a model's repository, which is made where there is none; returns its address.

    Raises:
        BackendFault: the hub refused or did not answer; the folder is whole and can be pushed again.
    """
    try:
        api = _api()
        made = api.create_repo(repo, repo_type="model", private=private, exist_ok=True)
        api.upload_folder(folder_path=folder, repo_id=repo, repo_type="model", commit_message=message)
    except Exception as error:  # as above
        raise BackendFault(f"--push {repo}: {_said(error)}; {folder} is whole, and the same command pushes it again") from None
    return str(made)


def _api() -> Any:
    """The client; the address is read now, and not when the library was imported."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import HfApi

    return HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None)


def _said(error: Exception) -> str:
    error = error.__cause__ if isinstance(error, RuntimeError) and isinstance(error.__cause__, Exception) else error
    line = next(filter(None, map(str.strip, str(error).splitlines())), "")
    return f"{type(error).__name__}: {line[:160]}" if line else type(error).__name__
