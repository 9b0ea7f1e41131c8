"""The documentation is what the code is: generated parts, verbs, keys, views, seams, links; its commands and examples run."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import make_suite
from documentation import COMMANDS, PAGES, ROOT, Command, blocks, call, commands, headings, prose

from docs import generate, tables
from evals.files import digest_file
from evals.suites import load_suite
from loop.config import config_keys
from loop.scaffold import example_suite

DOCS = ROOT / "docs"
RESULTS = sorted((ROOT / "benchmarks/results").glob("*.json"))


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", generate.pages(), ids=lambda page: page.name)
def test_generated_parts_are_up_to_date(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert generate.filled(text) == text, "run `python -m docs.generate`"


def test_a_part_that_nothing_generates_is_an_error() -> None:
    with pytest.raises(KeyError, match="table 'nothing'"):
        generate.filled("<!-- table: nothing -->\n<!-- end -->")


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_verb_is_in_the_readme_and_on_the_page_of_verbs(verb: str) -> None:
    assert f"`goldloop {verb}" in read("README.md")
    assert f"\n### goldloop {verb}\n" in read("docs/verbs.md")


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_option_is_on_the_page_of_verbs(verb: str) -> None:
    section = read("docs/verbs.md").partition(f"\n### goldloop {verb}\n")[2].partition("\n##")[0]
    options = [option for parameter in COMMANDS[verb].params for option in parameter.opts if option.startswith("--")]
    assert [option for option in options if f"`{option}`" not in section and option != "--json"] == []


def test_every_key_is_on_the_page_of_configuration() -> None:
    page = read("docs/configuration.md")
    for key, _, meaning in config_keys():
        assert re.search(rf"^\| `{key}` \| [^|]*\| {re.escape(meaning)} \|$", page, re.MULTILINE), key


def test_every_view_and_its_columns_are_on_the_page_of_sql() -> None:
    from loop.store import _VIEWS

    page = read("docs/sql.md")
    for view, (_, _, query) in _VIEWS.items():
        section = page.partition(f"\n### {view}\n")[2].partition("\n### ")[0]
        named = re.findall(r" AS \"?(\w+)\"?(?=,| FROM)", query)
        assert section and [column for column in named if f"| `{column}` |" not in section] == [], view


def test_every_seam_is_on_the_page_of_adding() -> None:
    page = read("docs/adding.md")
    seams = {"READERS": "decontam/sources/__init__.py", "REASONS": "evals/reasons.py"}
    for package in tables.PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            seams |= {name: str(file.relative_to(ROOT)) for name in re.findall(r"\bload\(([A-Z]+), ", text)}
    assert len(seams) >= 12
    assert [name for name, file in seams.items() if f"`{name}` in `{file}`" not in page] == []


def test_every_example_is_on_the_page_of_adding() -> None:
    page = read("docs/adding.md")
    examples = [file for file in (ROOT / "examples").glob("*.py") if file.name != "__init__.py"]
    assert examples and [file.name for file in examples if f"](../examples/{file.name})" not in page] == []


@pytest.mark.parametrize("package", tables.PACKAGES)
def test_every_public_function_is_on_the_page_of_python(package: str) -> None:
    page = read("docs/python.md").partition(f"\n### {package}\n")[2].partition("\n### ")[0]
    for module, file in tables.modules(package):
        top = ast.parse(file.read_text(encoding="utf-8")).body
        names = [node.name for node in top if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
        assert [name for name in names if f"| `{module}` | `{name}` | " not in page] == [], module


def test_long_files_are_listed_with_the_reason() -> None:
    listed = read("docs/architecture.md").partition("Files of more than 400 lines")[2]
    assert re.findall(r"^\| `([\w/.]+)` \| .{20,} \|$", listed, re.MULTILINE) == sorted(tables.long_files())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_headings_that_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(text)):
        if target.startswith(("https://", "http://")):
            continue
        name, _, anchor = target.partition("#")
        linked = page.parent / name if name else page
        assert linked.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in headings(linked.read_text(encoding="utf-8")), f"{page.name}: {target}"


ALL = [command for page in PAGES for command in commands(page)]


def test_commands_of_the_pages_are_found() -> None:
    assert {command.verb for command in ALL if command.whole} >= {"audit", "goldens verify", "init", "run", "sql", "status"}


@pytest.mark.parametrize("command", dict.fromkeys(ALL), ids=str)
def test_every_command_parses(tmp_path: Path, command: Command) -> None:
    if command.words[1].startswith("-"):
        known = {"--help", "--version", "--debug", "--install-completion", "--show-completion"}
        assert command.words[1] in known
        return
    assert command.verb, f"{command}: no such verb"
    taken = COMMANDS[command.verb]
    known = {option for parameter in taken.params for option in parameter.opts} | {"--help", "-h", "--debug"}
    given = {word.partition("=")[0] for word in command.arguments if re.match(r"--?[a-z]", word)}
    assert given <= known, f"{command}: unknown {given - known}"
    if command.whole and "--help" not in given:
        with contextlib.chdir(tmp_path):
            taken.make_context(command.verb, command.arguments)


SAMPLE_LOG = [str(ROOT / "examples/data/production" / name) for name in ("log.jsonl", "feedback.jsonl")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished run ``demo`` of a scripted model on a tiny suite, and two evaluations."""
    folder = tmp_path_factory.mktemp("project")
    with contextlib.chdir(folder):
        suite = make_suite(folder / "codes", "codes", train=6, holdout=6, final=3)
        (folder / "goldloop.yaml").write_text(
            "name: demo\nmodel: scripted\nbackend: fakes:LearningBackend\nfinetune:\n  trainer: scripted\n"
            f"suites:\n  target: [{suite}]\n"
        )
        assert call("run").code == 0
        for name in ("before", "after"):
            assert call("eval", str(suite), "--out", f"evals/{name}", "--set", "backend=fakes:LearningBackend").code == 0
        assert call("ingest", *SAMPLE_LOG, "--into", "production").code == 0
        answers = ({"task": task.key, "solution": task.golden} for task in load_suite(str(suite)).tasks)
        (folder / "answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in answers))
    return folder


CHEAP = {"init", "config schema", "sql", "status", "lineage", "failures", "holdout looks", "report", "validate", "export"}
NOT_HERE = {"goldloop.yaml", "evals/base"}


def cheap() -> list[Command]:
    """The commands of the pages that need neither a model nor minutes, each once."""
    lines = {command.words: command for command in ALL if command.whole and command.verb in CHEAP}
    return [command for words, command in lines.items() if not NOT_HERE & set(words)]


@pytest.mark.parametrize("command", cheap(), ids=str)
def test_cheap_commands_of_the_pages_run(project: Path, command: Command) -> None:
    assert len(cheap()) >= 15
    with contextlib.chdir(project):
        outcome = call(*command.words[1:])
    assert outcome.code == 0, outcome.err
    assert "next: " in outcome.err


def test_an_audit_of_a_run_is_as_its_page_says(project: Path) -> None:
    with contextlib.chdir(project):
        found = call("audit", "--train", "codes/words/*/prompt.md", "--holdout", "codes", "--out", "found", "--clean", "cleaned")
    assert found.code == 2
    written = re.findall(
        r"^\| `([\w.]+)` \| ", read("docs/audit.md").partition("## What it writes")[2].partition("\n## ")[0], re.M
    )
    assert sorted(file.name for file in (project / "found").iterdir()) == sorted(written)


@pytest.mark.parametrize("page", ["README.md", "docs/audit.md"])
def test_the_audit_of_the_sample_prints_what_its_pages_show(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = next(text for _, text in blocks(read(page)) if text.startswith("$ goldloop audit --train examples/data/"))
    command, *lines = shown.strip().splitlines()
    sample = tmp_path / "examples" / "data" / "training.jsonl"
    sample.parent.mkdir(parents=True)
    sample.write_bytes((ROOT / "examples/data/training.jsonl").read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("loop.console.out._width", 120)
    outcome = call(*shlex.split(command)[2:])
    assert outcome.code == 2
    printed = " ".join(f"{outcome.out} {outcome.err}".split())
    assert [line for line in lines if " ".join(line.split()) not in printed] == []


DOCUMENTED = {
    verb: set(re.findall(r"`(\w+)`", re.sub(r"\(.*?\)|; with .*", "", keys)))
    for verbs_, keys in re.findall(
        r"^\| ((?:`[\w -]+`(?:, )?)+) \| (.+) \|$", read("docs/verbs.md").partition("## JSON")[2], re.M
    )
    for verb in re.findall(r"`([\w -]+)`", verbs_)
    if verb in COMMANDS
}
PRINTS = {
    "init": ("made",),
    "doctor": (),
    "validate": (),
    "run": (),
    "resume": ("demo",),
    "status": ("demo",),
    "report": ("demo",),
    "lineage": ("demo",),
    "runs": (),
    "failures": ("runs/demo",),
    "sql": ("from scores",),
    "holdout looks": (),
    "holdout show": ("codes/codes_island", "--why", "its check looks wrong"),
    "suite health": ("codes",),
    "export": ("codes", "--out", "exported"),
    "import": (
        "table",
        "exported.jsonl",
        "--out",
        "imported",
        "--column",
        "prompt=q",
        "--column",
        "checks=c",
        "--column",
        "golden=g",
    ),
    "goldens verify": ("codes", "--mutants", "0", "--repeats", "1"),
    "eval": ("codes", "--out", "evals/before", "--set", "backend=fakes:LearningBackend"),
    "score": ("answers.jsonl", "--suite", "codes", "--split", "train", "--out", "scored"),
    "ablate": ("codes", "--split", "train", "--out", "arms", "--temperature", "0.5", "--set", "backend=fakes:LearningBackend"),
    "judge": (
        "evals/before",
        "--suite",
        "codes",
        "--model",
        "scripted",
        "--out",
        "judged",
        "--set",
        "backend=fakes:LearningBackend",
    ),
    "compare": ("evals/before", "evals/after"),
    "gate": ("runs/demo/round-1/before-holdout", "runs/demo/round-1/after-holdout", "--target", "codes"),
    "pair": ("runs/demo/round-1/before-train", "--suite", "codes", "--out", "pairs"),
    "trainset": ("runs/demo/round-1/pairs", "--holdout", "codes", "--out", "rows", "--set", "finetune.trainer=scripted"),
    "export-trainset": ("runs/demo/round-1/trainset", "--format", "dpo", "--out", "elsewhere"),
    "finetune": ("runs/demo/round-1/trainset", "--holdout", "codes", "--out", "adapter", "--set", "trainer=scripted"),
    "audit": ("--train", "runs/demo/round-1/trainset/trainset.jsonl", "--holdout", "codes"),
    "publish": (),
    "ingest": (*SAMPLE_LOG, "--into", "production"),
    "triage": ("production",),
    "review": ("production",),
    "promote": ("demo",),
    "rollback": (),
}
"""Arguments by verb; those that need an engine, weights or the embedded model are left out, and so is the schema."""


def test_the_table_of_json_keys_has_every_verb() -> None:
    assert sorted(DOCUMENTED) == sorted(COMMANDS)
    rest = {"demo", "export-model", "trainset show", "config schema", "images build", "images list", "serve"}
    assert sorted({*PRINTS, *rest}) == sorted(COMMANDS)


@pytest.mark.parametrize("verb", PRINTS)
def test_json_has_the_keys_that_its_page_says(project: Path, verb: str) -> None:
    with contextlib.chdir(project):
        Path("exported.jsonl").write_text(
            json.dumps({"q": "Write f.", "g": "def f():\n    return 1\n", "c": "assert f() == 1"}) + "\n"
        )
        outcome = call(*verb.split(), *PRINTS[verb], "--json")
    assert outcome.code in (0, 2), outcome.err
    assert set(outcome.json) == DOCUMENTED[verb]


def test_examples_in_python_run_and_print_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(example_suite("function"), tmp_path / "greetings")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    names: dict[str, object] = {}
    ran = 0
    for language, text in blocks(read("docs/python.md")):
        if title := re.fullmatch(r'python title="([\w.]+)"', language):
            (tmp_path / title[1]).write_text(text)
        elif language == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(text, "docs/python.md", "exec"), names)
            wanted = re.findall(r"^# (.+)$", text, re.MULTILINE)
            assert [line for line in out.getvalue().splitlines() if line in wanted] == wanted
            ran += 1
    assert ran >= 4


@pytest.mark.parametrize("file", RESULTS, ids=lambda file: file.stem)
def test_measured_figures_say_how_they_were_measured_and_are_shown(file: Path) -> None:
    result = json.loads(file.read_text(encoding="utf-8"))
    assert result.keys() == {"what", "command", "machine", "versions", "date", "columns", "rows"}
    assert result["machine"].keys() == {"cores", "memory_gib", "note"}
    assert result["what"] and result["rows"]
    assert any(f"<!-- table: {file.stem} -->" in page.read_text(encoding="utf-8") for page in generate.pages())
    if (script := re.search(r"benchmarks/[\w/]+\.py", result["command"] or "")) is not None:
        assert (ROOT / script[0]).is_file()


def test_the_site_builds_without_a_warning_and_asks_nobody(tmp_path: Path) -> None:
    site = tmp_path / "site"
    before = digest_file(DOCS / "index.md")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    assert digest_file(DOCS / "index.md") == before
    pages = list(site.glob("*.html"))
    assert {page.stem for page in pages} >= {page.stem for page in DOCS.glob("*.md")}
    for page in pages:
        loaded = re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=\"?(https?://[^\s\">]+)", page.read_text(encoding="utf-8"))
        assert loaded == [], page.name
