"""``goldloop.yaml``: one validated configuration, every key overridable with ``--set a.b=c``.

An unknown key is an error that names the nearest known one; all findings come at once, each with its line.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, Field, ValidationError, ValidationInfo, field_validator

from evals.errors import BadInput
from evals.records import Record
from evals.yamlfiles import Place, nearest_line, read_yaml
from finetune.settings import FinetuneSettings
from trainset.settings import TrainsetSettings

CONFIG_FILE = "goldloop.yaml"


class SuiteSettings(Record):
    """``suites.*``: what to get better at, and what must not get worse."""

    target: tuple[str, ...] = Field(min_length=1, description="suites to improve on: folders, shipped names, importer:path")
    guard: tuple[str, ...] = Field(default=(), description="suites that must not get worse")


class EvalSettings(Record):
    """``evals.*``: generation and grading."""

    max_new_tokens: int = Field(default=192, gt=0, description="tokens per answer at most")
    temperature: float = Field(default=0.0, ge=0, le=5, description="0 is greedy")
    samples: int = Field(default=1, ge=1, description="answers per task; more than 1 needs a temperature above 0")
    repair_turns: int = Field(default=0, ge=0, description="further tries of a failing answer, with what its tests said")
    batch_size: int = Field(default=32, gt=0, description="prompts decoded together")
    cache: str = Field(default="", description="folder that keeps answers for other runs; empty keeps none")
    workers: int = Field(default=0, ge=0, description="sandboxes in use at once; 0 follows processors and memory")

    @field_validator("samples")
    @classmethod
    def _varied(cls, value: int, info: ValidationInfo) -> int:
        if value > 1 and info.data.get("temperature") == 0:
            raise ValueError("several greedy answers are one answer; set evals.temperature above 0")
        return value


class ServerSettings(Record):
    """``server.*``: the backend ``openai``, any server with OpenAI's chat completions. The key comes from OPENAI_API_KEY."""

    url: str = Field(default="", description="address, such as http://127.0.0.1:8000/v1; empty is OPENAI_BASE_URL")
    concurrency: int = Field(default=8, gt=0, description="requests open at once")
    retries: int = Field(
        default=5,
        ge=0,
        description="further tries after 408, 409, 429, 5xx or a broken connection, with back-off; a server's Retry-After is "
        "kept up to 10 minutes",
    )
    timeout_seconds: float = Field(default=120.0, gt=0, le=86400, description="time that one request may take, to its last byte")
    requests_per_minute: float = Field(default=0.0, ge=0, le=1e9, description="rate limit; 0 is none")


class SandboxSettings(Record):
    """``sandbox.*``: where model-written code runs."""

    name: str = Field(default="auto", description="auto (sandlock, else docker), sandlock, docker, or pkg.mod:Class")
    image: str = Field(default="", description="Docker image for Python; empty is the one of `goldloop images build`")
    web_image: str = Field(default="", description="Docker image for JavaScript; empty is the one of `goldloop images build`")
    runtime: str = Field(default="", description="Docker runtime, such as runsc; empty is the engine's default")


class DecontamSettings(Record):
    """``decontam.*``: when a pair leaks the holdout."""

    coverage: float = Field(default=0.10, gt=0, le=1, description="idf-weighted share of an item's n-grams")
    unique: int = Field(default=3, ge=1, description="matched n-grams that only this item has")


class GateSettings(Record):
    """``gate.*``: when an adapter is promoted. Shares, not points."""

    min_effect: float = Field(default=0.02, ge=0, le=1, description="smallest gain on the target that counts")
    guard_margin: float = Field(
        default=0.10,
        gt=0,
        le=1,
        description="drop of a guard suite that may not be: rejected where it is sure that the drop is larger, passed where it "
        "is sure that it is not",
    )
    noise_runs: int = Field(
        default=1, ge=0, description="further runs of the old model with other seeds, averaged into it; none when greedy"
    )
    looks: int = Field(
        default=25,
        gt=0,
        description="models evaluated on the same holdout, each once, and decisions on it, before fresh tasks are asked for",
    )
    family_error: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="chance that any unchanged model is promoted in all looks together, at most: spent over the decisions, so "
        "that each needs a larger gain; off by default",
    )
    max_lost_share: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="share of the holdout tasks that earlier rounds fixed that may fail again; none reports them only",
    )
    overfit_tasks: int = Field(default=64, ge=0, description="trained tasks to run again for the overfit alarm; 0 is none")
    overfit_margin: float = Field(
        default=0.30,
        gt=0,
        le=1,
        description="alarm when, of what the base failed, trained tasks are solved more often than unseen ones by more, surely",
    )


class StopSettings(Record):
    """``stop.*``: when a run ends before its last round. Each is looked at before a round; 0 never stops."""

    rounds_without_gain: int = Field(default=3, ge=0, description="rounds in a row that promoted nothing")
    tokens: int = Field(default=0, ge=0, description="tokens generated and trained in this run")
    hours: float = Field(default=0.0, ge=0, description="hours that the stages of this run have worked")


class Config(Record):
    """The whole configuration."""

    name: str = Field(default="run", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="the run's folder below runs/")
    model: str = Field(default="smollm2-135m-instruct", description="hub id, local folder or GGUF file")
    backend: str = Field(default="hf", description="hf, openai (a server, see server.*), vllm, or pkg.mod:Class")
    backend_options: Mapping[str, Any] = Field(
        default={}, description="options of the backend's class, such as max_model_len of vllm; see its settings"
    )
    seed: int = Field(default=0, ge=0, lt=2**32, description="of shuffles, initial weights, replay choice and sampling")
    rounds: int = Field(default=1, ge=1, description="rounds, each on all data so far, measured against the model in use")
    start: str = Field(
        default="current",
        min_length=1,
        description="model that the first round is measured against and learns from: current (the adapter in use for this base "
        "and these suites, or the base), base, or an adapter's folder",
    )
    train_from: Literal["base", "current"] = Field(
        default="base", description="weights that training starts at: the original base, or those of the model in use"
    )
    suites: SuiteSettings
    evals: EvalSettings = EvalSettings()
    server: ServerSettings = ServerSettings()
    sandbox: SandboxSettings = SandboxSettings()
    decontam: DecontamSettings = DecontamSettings()
    trainset: TrainsetSettings = TrainsetSettings()
    finetune: FinetuneSettings = FinetuneSettings()
    gate: GateSettings = GateSettings()
    stop: StopSettings = StopSettings()

    @field_validator("finetune")
    @classmethod
    def _one_seed(cls, value: FinetuneSettings) -> FinetuneSettings:
        if value.seed:
            raise ValueError("set the top-level `seed`; finetune takes it from there")
        return value


def config_keys(model: type[BaseModel] = Config, prefix: str = "") -> Iterator[tuple[str, Any, str]]:
    """(dotted key, default, description) of every key that can be set."""
    for name, info in model.model_fields.items():
        if prefix == "finetune." and name == "seed":
            continue
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from config_keys(kind, f"{prefix}{name}.")
        else:
            default = "(needed)" if info.is_required() else info.default
            yield prefix + name, default, info.description or ""


_RETIRED: Mapping[str, str] = {
    "gate.max_guard_drop": "is no more: a guard is judged by evidence against one margin; set gate.guard_margin",
    "trainset.prefer_repairs": "is no more: list the sources in trainset.targets; [golden] is without the model's own repairs",
    "gate.lost_fixes": "is no more: lost fixes are reported; to reject for them, set gate.max_lost_share, a share",
}
"""Keys of earlier versions, and what to use instead."""


_WANTED: Mapping[str, str] = {
    "tuple_type": "expected a list such as [house, basics]",
    "list_type": "expected a list such as [house, basics]",
    "string_type": "expected text",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigText:
    """A configuration as it was read. ``config`` leaves out what ``problems`` names; None if the rest is not valid.

    ``lines`` has the line of each key by its path; 0 is the command line.
    """

    config: Config | None
    problems: tuple[str, ...]
    place: str
    lines: Mapping[Place, int]

    def where(self, key: str) -> str:
        """The file and line of a dotted key, or of the nearest one above it."""
        return _where(nearest_line(self.lines, tuple(key.split("."))), self.place)

    def valid(self) -> Config:
        """The configuration.

        Raises:
            BadInput: with every problem.
        """
        if self.problems or self.config is None:
            raise BadInput("\n".join(self.problems))
        return self.config


def load_config(file: Path, overrides: Sequence[str] = ()) -> Config:
    """Read, override, validate.

    Raises:
        BadInput: with every finding as ``file:line: key: ...``.
    """
    return read_config(file, overrides).valid()


def read_config(file: Path, overrides: Sequence[str] = ()) -> ConfigText:
    """Read and override; what does not validate is kept as problems.

    Raises:
        BadInput: the file cannot be read, is not YAML, has keys twice, or an override is not ``KEY=VALUE``.
    """
    if not file.exists():
        raise BadInput(f"{file}: no such file; `goldloop init DIR` writes a working project")
    if file.is_dir():
        raise BadInput(f"{file}: is a folder; give the file in it, such as {file / CONFIG_FILE}")
    parsed = read_yaml(file)
    value = {} if parsed.value is None else parsed.value
    if not isinstance(value, dict):
        raise BadInput(f"{file}:1: expected keys and values such as `model: ...`, found {type(value).__name__}")
    return check_config(value, overrides, place=str(file), lines=parsed.lines)


def make_config(value: dict[str, Any], overrides: Sequence[str] = (), *, place: str = "config") -> Config:
    """Validate a configuration given as a mapping.

    Raises:
        BadInput: with every finding.
    """
    return check_config(value, overrides, place=place).valid()


def check_config(
    value: dict[str, Any], overrides: Sequence[str] = (), *, place: str, lines: Mapping[Place, int] | None = None
) -> ConfigText:
    """Validate a mapping, and once more without what is wrong, so that the rest can be checked too."""
    known = dict(lines or {})
    for override in overrides:
        key, separator, raw = override.partition("=")
        if not separator or not key.strip():
            raise BadInput(f"--set {override}: expected KEY=VALUE, for example --set finetune.learning_rate=1e-4")
        path = key.strip().split(".")
        _assign(value, path, _scalar(raw), override)
        known[tuple(path)] = 0
    try:
        return ConfigText(config=Config.model_validate(value), problems=(), place=place, lines=known)
    except ValidationError as error:
        items = sorted((nearest_line(known, item["loc"]) or 0, number, item) for number, item in enumerate(error.errors()))
    problems = tuple(_finding(item, place, known) for _, _, item in items)
    rest = value
    for _, _, item in items:
        rest = _without(rest, item["loc"])
    try:
        config = Config.model_validate(rest)
    except ValidationError:
        config = None
    return ConfigText(config=config, problems=problems, place=place, lines=known)


def _without(value: Any, place: Place) -> Any:
    """A copy of nested mappings without one key."""
    if not isinstance(value, dict) or not place or place[0] not in value:
        return value
    if len(place) == 1 or not isinstance(value[place[0]], dict):
        return {key: inner for key, inner in value.items() if key != place[0]}
    return {**value, place[0]: _without(value[place[0]], place[1:])}


def config_schema() -> dict[str, Any]:
    """The JSON schema of ``goldloop.yaml``, for editors: keys, types, limits, defaults and what each means."""
    schema = Config.model_json_schema()
    schema["$defs"]["FinetuneSettings"]["properties"].pop("seed", None)  # the top-level seed is used
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "goldloop.yaml"}


def full_keys(overrides: Sequence[str], section: str) -> list[str]:
    """Overrides of a verb that works on one section: ``lora.r=16`` is ``finetune.lora.r=16``; full keys stay as they are."""
    heads = Config.model_fields
    return [item if item.partition("=")[0].strip().partition(".")[0] in heads else f"{section}.{item}" for item in overrides]


def _scalar(raw: str) -> Any:
    value = yaml.safe_load(raw) if raw.strip() else ""
    if isinstance(value, str):  # YAML 1.1 reads 1e-4 as text
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _assign(value: dict[str, Any], keys: list[str], new: Any, override: str) -> None:
    for key in keys[:-1]:
        inner = value.setdefault(key, {})
        if not isinstance(inner, dict):
            raise BadInput(f"--set {override}: {key!r} holds a value, not keys")
        value = inner
    value[keys[-1]] = new


def _finding(item: Any, place: str, lines: Mapping[Place, int]) -> str:
    key = ".".join(str(part) for part in item["loc"])
    where = _where(nearest_line(lines, item["loc"]), place)
    if item["type"] == "extra_forbidden" and key in _RETIRED:
        return f"{where}: {key} {_RETIRED[key]}"
    if item["type"] == "extra_forbidden":
        known = [name for name, _, _ in config_keys()]
        known += sorted({name.rpartition(".")[0] for name in known} - {""})
        near = (
            difflib.get_close_matches(key, known, 1) or [k for k in known if k.rpartition(".")[2] == key.rpartition(".")[2]][:1]
        )
        hint = f"; did you mean {near[0]!r}?" if near else f"; known keys: {', '.join(sorted(known)[:8])}, ..."
        return f"{where}: unknown key {key!r}{hint}"
    if item["type"] == "missing":
        return f"{where}: {key} is required and missing"
    wanted = _WANTED.get(item["type"])
    if item["type"] == "model_type":
        below = [name.removeprefix(f"{key}.") for name, _, _ in config_keys() if name.startswith(f"{key}.")]
        wanted = f"expected keys below it: {', '.join(below)}"
    return f"{where}: {key}: {wanted or item['msg'].removeprefix('Value error, ')}, got {item['input']!r}{_share_hint(item)}"


def _share_hint(item: Any) -> str:
    """A hint for 50 when 0.5 was meant."""
    limits = {item.get("ctx", {}).get(name) for name in ("le", "lt")}
    if not limits & {1} or not isinstance(item["input"], (int, float)) or not 1 < item["input"] <= 100:
        return ""
    return f"; it is a share: {item['input']:g}% is {item['input'] / 100:g}"


def _where(line: int | None, place: str) -> str:
    return "--set" if line == 0 else f"{place}:{line}" if line else place
