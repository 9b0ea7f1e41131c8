"""The records that evals emits. Frozen, defined once, written as JSON with sorted keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from typing_extensions import TypedDict

Split = Literal["train", "dev", "holdout", "final"]
"""``train`` is learnt from, ``dev`` chooses candidates, ``holdout`` decides a round, ``final`` is looked at once, to publish."""
SPLITS: tuple[Split, ...] = ("train", "dev", "holdout", "final")
HELD_OUT: tuple[Split, ...] = ("dev", "holdout", "final")
"""Splits that nothing may be trained on; ``holdout`` comes before the others wherever one of them is named."""
BLIND: tuple[Split, ...] = ("holdout", "final")
"""Splits whose tasks are never shown one by one."""
Kind = str
"""A row of ``evals.graders.GRADERS``, or ``pkg.mod:Class``; a suite's tasks are checked against it when they are loaded."""
Status = Literal["pass", "fail", "error", "unsettled"]
"""``pass`` and ``fail`` are the model's, ``error`` is the machine's, ``unsettled`` what no run of the answer could settle."""
STATUSES: tuple[Status, ...] = ("pass", "fail", "error", "unsettled")
SETTLED: tuple[Status, ...] = ("pass", "fail")
"""What is known of an answer: nothing else is trained on, repaired, or counted as solved or failed."""
TaskStatus = Literal["draft", "active", "retired"]
"""Only active tasks are run, trained on and counted; a draft waits for a person, a retired one is kept for the record."""
_MARK = "\ufeff"


class Message(TypedDict):
    """One turn of a conversation in the chat format that tokenizers' templates take."""

    role: str
    content: str


class Record(BaseModel):
    """Base of everything that crosses a file boundary: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(Record):
    """What one attempt may use inside the sandbox."""

    wall_seconds: float = Field(default=4.0, gt=0)
    memory_mb: int = Field(default=512, gt=0)
    processes: int = Field(default=16, gt=0)
    file_mb: int = Field(default=16, gt=0)
    max_output_bytes: int = Field(default=1_000_000, gt=0)


class Metric(Record):
    """A score beside the verdict (``ruff``, ``tsc``, ``eslint``, ...). ``required``: below ``least`` the attempt fails."""

    name: str
    required: bool = False
    least: float = Field(default=1.0, ge=0, le=1)


class Case(Record):
    """One run of a program: what it reads and what it must print."""

    stdin: str = ""
    stdout: str


class Task(Record):
    """One task of a suite.

    ``kind`` says how an answer is graded: ``function`` by the values that it returns, ``sql`` by its result set, ``stdin``
    by what the program prints, ``tests`` by test files around the file ``entry`` that the answer becomes, ``patch`` by
    test files after the answer, a unified diff, was applied to ``starter``; ``pkg.mod:Class`` by a grader from outside.
    ``language`` is a row of ``evals.languages.LANGUAGES``, or ``pkg.mod:ROW``; where it is not given, that of the kind. Texts
    lose a byte order mark, which editors of some systems write and no parser takes.

    ``checks`` is source of plain asserts in the task's language (see ``evals.checks``), ``public`` those of them that the
    prompt shows; ``fuzz`` is Python source that draws hidden inputs, for which the golden's answer is the expected one;
    ``compare`` is the comparator of all of them. ``starter`` maps file names to text (``schema.sql`` for SQL tasks, the
    project for tests and patches). ``tests`` maps names to test files, put into the project after the answer;
    ``fail_to_pass`` and ``pass_to_pass`` are the exact test ids that must pass, before the change failing or passing.
    ``packages`` are those that answers in Python may import, pinned (``numpy==2.2.0``); without, the standard library is all.
    ``runner`` is ``pkg.mod:Class`` for test files that no runner of goldloop's runs. ``protected`` are name patterns that an
    answer may not touch, beside the runners' own. ``group`` is the entity that must stay within one split.
    """

    id: str
    suite: str
    split: Split
    group: str
    tags: tuple[str, ...] = ()
    kind: Kind = "function"
    language: str = "python"
    system: str = ""
    prompt: str
    starter: Mapping[str, str] = Field(default_factory=dict)
    golden: str
    checks: str = ""
    public: str = ""
    fuzz: str = ""
    compare: str = "exact"
    cases: tuple[Case, ...] = ()
    entry: str = ""
    tests: Mapping[str, str] = Field(default_factory=dict)
    fail_to_pass: tuple[str, ...] = ()
    pass_to_pass: tuple[str, ...] = ()
    runner: str = Field(default="", exclude_if=lambda name: not name)  # so that the digests of all other tasks stay the same
    packages: tuple[str, ...] = Field(default=(), exclude_if=lambda names: not names)  # as for runner
    protected: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = ()
    limits: Limits = Limits()
    licence: str = ""
    train_ok: bool = True
    status: TaskStatus = Field(default="active", exclude_if=lambda status: status == "active")  # as for runner
    source: str = Field(default="", exclude=True)  # where it was read, for messages; not part of the identity

    @model_validator(mode="before")
    @classmethod
    def _language_of_the_kind(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("kind") == "sql" and "language" not in values:
            return {**values, "language": "sql"}
        return values

    @field_validator("prompt", "golden", "checks", "public", "fuzz")
    @classmethod
    def _unmarked(cls, text: str) -> str:
        return text.removeprefix(_MARK)

    @field_validator("starter", "tests")
    @classmethod
    def _files_unmarked(cls, files: Mapping[str, str]) -> Mapping[str, str]:
        marked = any(text.startswith(_MARK) for text in files.values())
        return {name: text.removeprefix(_MARK) for name, text in files.items()} if marked else files

    @property
    def key(self) -> str:
        """``suite/id``, unique in a run."""
        return f"{self.suite}/{self.id}"

    @property
    def slice(self) -> str:
        """The first tag, or ``-``: the row of the closing table."""
        return self.tags[0] if self.tags else "-"

    @property
    def question(self) -> str:
        """What is asked: the prompt and, for tests and patches, the project's files that the answer works on."""
        if self.kind not in ("tests", "patch"):
            return self.prompt
        return "\n\n".join([self.prompt, *(_shown(name, text) for name, text in self.starter.items())])

    @property
    def test_text(self) -> str:
        """Everything that grades an answer, as text: what a leak of the tests would show."""
        cases = (f"{case.stdin}\n{case.stdout}" for case in self.cases)
        return "\n".join(text for text in (self.checks, self.fuzz, *self.tests.values(), *cases) if text)

    def messages(self) -> list[Message]:
        """The conversation that the model sees."""
        system: list[Message] = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, {"role": "user", "content": self.question}]


def _shown(name: str, text: str) -> str:
    """A project's file in a prompt; the fence is longer than any in the file."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"`{name}`:\n{fence}{name.rpartition('.')[2]}\n{text.rstrip()}\n{fence}"


class ModelRef(Record):
    """A model by name: hub id, local directory or GGUF file, with an optional adapter folder on top."""

    base: str
    revision: str = ""
    adapter: str = ""

    def __str__(self) -> str:
        return f"{self.base} + {self.adapter}" if self.adapter else self.base


class Attempt(Record):
    """One answer of a model to the task ``key``. ``code`` is None where no code could be found in the completion.

    ``turn`` counts the failing tries before it that the model has seen.
    """

    key: str
    sample: int = 0
    turn: int = 0
    completion: str
    code: str | None
    finish_reason: Literal["stop", "code_block", "length", "error"]
    prompt_tokens: int = 0
    completion_tokens: int = 0
    error: str = ""


class Verdict(Record):
    """What grading found. ``error`` is the fault of the infrastructure, never of the model; ``unsettled`` is nobody's.

    ``flags`` name attempts at gaming that behaviour showed, or that left the verdict unsettled, with their evidence under
    ``evidence["flags"]``: a flagged attempt is never a pass. What was only read in the answer is under ``evidence["seen"]``.
    ``scores`` are the metrics beside the verdict, from 0 to 1.
    """

    status: Status
    reason: str
    evidence: Mapping[str, Any] = Field(default_factory=dict)
    sandbox: str = ""
    flags: tuple[str, ...] = ()
    scores: Mapping[str, float] = Field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """True for status ``pass`` only."""
        return self.status == "pass"

    @property
    def trusted(self) -> bool:
        """Whether it is a pass that the answer's own process had no part in; only such an answer of a model is trained on."""
        return self.passed and not self.evidence.get("inside") and not self.evidence.get("inside_tests")

    @property
    def settled(self) -> bool:
        """Whether it says anything about the model: a pass or a failure."""
        return self.status in SETTLED


class Try(Record):
    """A further answer after failing ones, with its verdict."""

    attempt: Attempt
    verdict: Verdict


class Result(Record):
    """An attempt with its verdict; ``passed + failed + errored + unsettled == results`` over any set of them.

    ``repairs`` are the further tries of an attempt that failed, in order; they never change its own verdict.
    """

    id: str
    suite: str
    split: Split
    group: str
    slice: str
    attempt: Attempt
    verdict: Verdict
    repairs: tuple[Try, ...] = ()

    @property
    def key(self) -> str:
        """``suite/id``, as ``Task.key``."""
        return f"{self.suite}/{self.id}"

    @property
    def after_repair(self) -> Verdict:
        """The verdict of the last try: that of the first if nothing was repaired."""
        return self.repairs[-1].verdict if self.repairs else self.verdict


class Failure(Record):
    """A task of the training split that the model failed. Errors are never failures.

    ``repair`` is the model's own later answer to it that passed, if there was one.
    """

    key: str
    attempt: Attempt
    verdict: Verdict
    repair: Try | None = None
