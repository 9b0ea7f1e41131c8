"""`goldloop export-model`: what is meant, the check after merging, whole or absent, the hub, the mistakes that people make."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import exported_models
import pytest
import yaml
from command_line import Ended, Run, ended
from conftest import make_suite
from fake_hub import FakeHub, serving

from evals.files import MANIFEST, digest_file, read_json, read_records, write_json
from evals.records import Result
from finetune.base import WEIGHTS
from loop.holdout import HoldoutLedger
from loop.mergecheck import compare_merged
from loop.registry import Registry

pytestmark = pytest.mark.usefixtures("self_test_once")
QUICK = ("--set", "evals.max_new_tokens=4", "--unsafe-local")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base, an adapter of it and a suite; tests get copies."""
    folder = tmp_path_factory.mktemp("made")
    exported_models.base("llama", folder / "tiny")
    exported_models.adapter(folder / "tiny", folder / "adapter")
    file = folder / "adapter/adapter_config.json"
    write_json(file, {**read_json(file), "base_model_name_or_path": "tiny"})
    make_suite(folder / "codes", "codes", train=4, holdout=6, dev=3)
    return folder


@pytest.fixture
def goldloop(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Ended:
        return ended(capsys, *arguments, flat="err")

    return call


def run_of(decision: str, adapter: Path, folder: Path = Path("runs/demo"), **round_: Any) -> Path:
    """A run's folder as `goldloop run` leaves it, with a real adapter as its candidate."""
    gate = {
        "decision": decision,
        "reasons": ["codes: +50.0 points"],
        "lines": [
            {
                **{"suite": "codes", "slice": "*", "role": "target", "n": 6, "clusters": 6, "before": 0.0, "after": 0.5},
                **{"delta": 0.5, "ci95": [0.1, 0.8], "after_ci95": [0.2, 0.8], "low_one_sided": 0.1, "high_one_sided": 0.7},
                **{"gained": 3, "lost": 0, "p": 0.03, "test": "McNemar, exact, mid-p", "least_p": 0.01, "detectable": 0.4},
            }
        ],
    }
    weights = folder / "round-1/finetune"
    shutil.copytree(adapter, weights)
    manifest = {"decision": decision, "reasons": gate["reasons"], "gate": gate, "adapter": digest_file(weights / WEIGHTS)}
    write_json(folder / f"round-1/gate/{MANIFEST}", manifest)
    config = {"model": "tiny", "suites": {"target": ["codes"]}, "evals": {"max_new_tokens": 4}}
    write_json(folder / "run.json", {"config": config, "base": "../..", "unsafe_local": True})
    conditions = {"samples": 1, "temperature": 0.0, "prompts": "b2:0"}
    write_json(folder / f"round-1/after-holdout/{MANIFEST}", {"conditions": conditions})
    write_json(folder / "report.json", {"rounds": [{"round": 1, "lineage": ["demo/round-7:b2:old"], **round_}]})
    return folder


def test_an_adapter_becomes_a_model_that_evaluates_as_it_did(goldloop: Run) -> None:
    done = goldloop("export-model", "adapter", "--suite", "codes", "--gguf", "q8_0", "--out", "out", "--json", *QUICK)
    assert done.code == 0, done.err
    assert {path.name for path in Path("out").iterdir()} >= {
        *("model.safetensors", "config.json", "tokenizer.json", "chat_template.jinja", "generation_config.json"),
        *("out-q8_0.gguf", "Modelfile", "README.md", "export.json"),
    }
    checks = done.json["checks"]
    assert {what: (check["verdict"], check["tasks"], check["splits"]) for what, check in checks.items()} == {
        "merged weights": ("same", 3, ["dev"]),
        "weights of the q8_0 file": ("same", 3, ["dev"]),
    }
    assert checks["merged weights"]["same_answers"] == checks["merged weights"]["answers"] == 3
    assert [path.name for path in Path().iterdir() if path.name.startswith(".")] == []
    assert not HoldoutLedger(Path("runs")).looks  # the holdout was not looked at
    again = goldloop("export-model", "adapter", "--suite", "codes", "--gguf", "q8_0", "--out", "out", "--json", *QUICK)
    assert again.code == 0 and again.json == done.json and "out: finished before" in again.err
    merged = goldloop("eval", "codes", "--model", "out", "--split", "dev", "--out", "e/merged", *QUICK)
    adapted = goldloop("eval", "codes", "--model", "tiny", "--adapter", "adapter", "--split", "dev", "--out", "e/adapter", *QUICK)
    assert merged.code == adapted.code == 0, merged.err + adapted.err
    said = [
        [r.attempt.completion for r in read_records(Path("e", name, "results.jsonl"), Result)] for name in ("merged", "adapter")
    ]
    assert said[0] == said[1]


def test_a_look_at_the_holdout_is_taken_only_when_asked_and_is_logged(goldloop: Run) -> None:
    assert goldloop("export-model", "adapter", "--suite", "codes", "--split", "holdout", "--out", "out", *QUICK).code == 0
    assert [(look.what, look.suite) for look in HoldoutLedger(Path("runs")).looks] == [("evaluation", "codes")] * 2
    final = goldloop("export-model", "adapter", "--suite", "codes", "--split", "final", "--out", "other", *QUICK)
    assert final.code == 4 and "split final is only for `goldloop publish`" in final.err


def test_unchecked_is_said_in_the_card(goldloop: Run) -> None:
    done = goldloop("export-model", "adapter", "--no-check", "--out", "out")
    assert done.code == 0 and "The merged weights were not evaluated (`--no-check`)." in done.out
    card = Path("out/README.md").read_text()
    assert "The merged weights were not evaluated (`--no-check`)." in card and "no figure is known" in card
    assert "Unknown: no record of its trainset" in card and "gguf" not in yaml.safe_load(card.split("---\n")[1])["tags"]


def test_a_run_exports_its_promoted_adapter_with_its_figures(goldloop: Run) -> None:
    run_of("promote", Path("adapter"))
    done = goldloop("export-model", "demo", "--gguf", "f16", "--licence", "mit", "--out", "My-Model")
    assert done.code == 0, done.err
    head, body = Path("My-Model/README.md").read_text().split("---\n", 2)[1:]
    known = yaml.safe_load(head)
    assert known["license"] == "mit" and known["tags"] == ["code", "goldloop", "lora", "gguf"]
    (result,) = known["model-index"][0]["results"]
    assert result["metrics"][0]["value"] == 0.5 and "95% interval 20.0% to 80.0%" in result["metrics"][0]["name"]
    assert "| codes | target | holdout | 6 | 0.0% | 50.0% | 20.0% to 80.0% | +50.0% | +10.0% to +80.0% |" in body
    assert "Decision of the gate: promote (codes: +50.0 points)." in body and "temperature 0" in body
    digest = digest_file(Path("adapter") / WEIGHTS)
    assert f"2. adapter: `demo/round-7:b2:old`\n3. adapter: `round-1:{digest}`\n4. these weights" in body
    assert Path("My-Model/Modelfile").read_text().endswith("PARAMETER temperature 0\n")
    assert "ollama create my-model -f Modelfile" in done.err
    for named in ("runs/demo", "runs/demo/round-1/finetune"):
        same = goldloop("export-model", named, "--no-check", "--out", named.replace("/", "-"), "--json")
        assert (same.json["run"], same.json["round"], same.json["merged"]["adapter"]) == ("demo", 1, digest)


def test_the_card_is_one_that_the_hubs_library_reads(goldloop: Run) -> None:
    from huggingface_hub import ModelCard

    run_of("promote", Path("adapter"))
    assert goldloop("export-model", "demo", "--no-check", "--licence", "mit", "--out", "out").code == 0
    data: Any = ModelCard(Path("out/README.md").read_text()).data
    (result,) = data.eval_results
    assert (data.license, result.metric_type, result.metric_value, result.dataset_split) == ("mit", "pass@1", 0.5, "holdout")


def test_rows_and_their_licences_are_counted_in_the_card(goldloop: Run, tmp_path: Path) -> None:
    from finetune.records import TRAINED_ON
    from trainset.build import Built, save
    from trainset.records import Example

    rows = [
        Example(
            prompt=({"role": "user", "content": f"q{number}"},),
            completion=({"role": "assistant", "content": "a"},),
            provenance={"key": f"codes/{number}", "source": "golden", "licence": licence},
        )
        for number, licence in enumerate(("MIT", "MIT", ""))
    ]
    built = save(Built(examples=tuple(rows), index_digest="b2:index", counts={"rows": 3}, dropped={}), tmp_path / "rows")
    write_json(Path("adapter") / TRAINED_ON, {"trainset": "../rows", "digest": built.digest})
    done = goldloop("export-model", "adapter", "--no-check", "--out", "out")
    assert done.code == 0 and "rows whose licence is not stated: 1" in done.out
    card = Path("out/README.md").read_text()
    assert f"Trainset `{built.digest}`, 3 rows, screened against the holdout `b2:index`." in card
    assert "Rows without a stated licence: 1 of 3." in card and "| MIT | 2 |\n| not stated | 1 |" in card


def test_current_is_the_adapter_in_use(goldloop: Run) -> None:
    none = goldloop("export-model", "--no-check", "--out", "out")
    assert none.code == 4 and "current: no adapter is in use (runs/registry.jsonl); `goldloop run` or" in none.err
    run_of("promote", Path("adapter"))
    Registry(Path("runs")).promote_folder("demo", 1)
    assert goldloop("export-model", "--no-check", "--out", "out").code == 0
    other = goldloop("export-model", "--model", "other/base", "--no-check", "--out", "second")
    assert other.code == 4 and "no adapter is in use for other/base" in other.err
    (Path("runs/demo/round-1/finetune") / WEIGHTS).write_bytes(b"changed")
    changed = goldloop("export-model", "--no-check", "--out", "third")
    assert changed.code == 4 and "is not the adapter that was promoted" in changed.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("nothing", "--no-check"),
            "nothing: neither a run of runs (demo), nor the folder of an adapter (adapter_config.json), nor",
        ),
        (
            ("demo", "--no-check"),
            "runs/demo: no adapter was promoted (round 1: reject); to export one all the same, give its folder, ",
        ),
        (("demo", "--round", "3", "--no-check"), "runs/demo: round 3 was not promoted (round 1: reject)"),
        (("adapter",), "this adapter is of no run, so there are no tasks to check the merged weights on; give --suite SUITE, or"),
        (("adapter", "--model", "./gone", "--no-check"), "model: './gone' is not a folder, a GGUF file or a hub id"),
        (("adapter", "--no-check", "--dtype", "int8"), "--dtype int8: expected float32, bfloat16, float16"),
        (("adapter", "--no-check", "--gguf", "q4_k_m"), "--gguf q4_k_m: expected f32, f16, bf16, q8_0; for others, quantise"),
        (("adapter", "--no-check", "--push", "tiny"), "--push tiny: expected OWNER/NAME"),
        (("adapter", "--suite", "codes", "--split", "test"), "--split test: expected train, dev or holdout"),
    ],
)
def test_mistakes_are_told_before_any_work(goldloop: Run, arguments: tuple[str, ...], said: str) -> None:
    run_of("reject", Path("adapter"))
    wrong = goldloop("export-model", *arguments, "--out", "out")
    assert wrong.code == 4 and said in wrong.err
    assert not Path("out").exists() and not Path(".out.exporting").exists()


def test_a_family_without_a_gguf_here_is_told_before_merging(goldloop: Run, tmp_path: Path) -> None:
    exported_models.base("gpt2", tmp_path / "gpt2")
    exported_models.adapter(tmp_path / "gpt2", tmp_path / "of-gpt2")
    wrong = goldloop("export-model", "of-gpt2", "--no-check", "--gguf", "f16", "--out", "out")
    assert wrong.code == 4 and "of the kind 'gpt2', and only llama, mistral, qwen2, qwen3 are written here" in wrong.err
    assert "merging" not in wrong.err and not Path(".out.exporting").exists()
    assert goldloop("export-model", "of-gpt2", "--no-check", "--out", "out").code == 0


def test_a_folder_that_holds_something_is_never_overwritten(goldloop: Run) -> None:
    Path("out").mkdir()
    assert goldloop("export-model", "adapter", "--no-check", "--out", "out").code == 0
    other = goldloop("export-model", "adapter", "--no-check", "--dtype", "bfloat16", "--out", "out")
    assert other.code == 4 and "--out out: holds an export of something else, or under other options" in other.err
    taken = goldloop("export-model", "adapter", "--no-check", "--out", "codes")
    assert taken.code == 4 and "--out codes: holds something already, and nothing is overwritten" in taken.err


def test_a_full_disk_leaves_no_folder(goldloop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device", "model.gguf")

    monkeypatch.setattr("finetune.export_gguf.write_gguf", full)
    failed = goldloop("export-model", "adapter", "--no-check", "--gguf", "f16", "--out", "out")
    assert failed.code == 4 and "model.gguf: no space left" in failed.err and not Path("out").exists()
    monkeypatch.undo()


def results(passed: list[bool]) -> list[Result]:
    return [
        Result.model_validate(
            {
                **{"id": f"t{number}", "suite": "s", "split": "dev", "group": f"g{number}", "slice": "-"},
                "attempt": {"key": f"s/t{number}", "completion": str(good), "code": None, "finish_reason": "stop"},
                "verdict": {"status": "pass" if good else "fail", "reason": "x"},
            }
        )
        for number, good in enumerate(passed)
    ]


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ([True, False] * 2, [True, False] * 2, "same"),  # few, and none differs
        ([True] * 4, [True] * 3 + [False], "unclear"),
        ([True] * 4, [False] * 4, "differs"),
        ([True] * 6, [False] * 6, "differs"),
        ([False] * 6, [True] * 6, "differs"),  # better is another model, too
        ([True] * 100 + [False] * 100, [True] * 99 + [False] * 100 + [True], "same"),  # one each way
        ([True] * 100 + [False] * 100, [True] * 75 + [False] * 125, "differs"),
    ],
)
def test_what_is_beyond_noise(before: list[bool], after: list[bool], verdict: str) -> None:
    found = compare_merged(results(before), results(after), ["dev"], 0.10)
    assert found.verdict == verdict
    assert found.differing == sum(one != other for one, other in zip(before, after, strict=True))
    assert found.same_answers == len(before) - found.differing


def test_merged_weights_that_differ_are_refused_and_nothing_is_written(goldloop: Run) -> None:
    suite = make_suite(Path("words"), "words", train=8, holdout=3)
    arguments = (
        "export-model",
        "adapter",
        "--suite",
        str(suite),
        "--out",
        "out",
        "--set",
        "backend=fakes:LearningBackend",
        *QUICK,
    )
    refused = goldloop(*arguments)  # this backend passes with an adapter, and fails without one
    assert refused.code == 2
    assert "refused, nothing was written: The merged weights were evaluated on 8 train tasks" in refused.err
    assert "pass rate 100.0% with the adapter, 0.0% with them" in refused.err and not Path("out").exists()
    few = goldloop(*arguments, "--tasks", "3")
    assert few.code == 3 and "A fall of 10 points cannot be excluded with so few tasks" in few.err and not Path("out").exists()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_TOKEN", hub.token)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)  # its protocol is not that of a fake
        yield hub


LIBRARY = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # how the hub's own client uploads


@LIBRARY
def test_the_folder_is_pushed_as_it_is(goldloop: Run, hub: FakeHub) -> None:
    done = goldloop("export-model", "adapter", "--no-check", "--out", "out", "--push", "someone/tiny", "--private", "--json")
    assert done.code == 0, done.err
    assert done.json["pushed"] == f"{hub.url}/someone/tiny" and hub.private
    assert hub.files == {file.name: file.read_bytes() for file in Path("out").iterdir()}


@LIBRARY
def test_a_refused_token_is_told_before_the_work_and_a_failed_push_can_be_repeated(goldloop: Run, hub: FakeHub) -> None:
    hub.broken = True
    push = ("export-model", "adapter", "--no-check", "--out", "out", "--push", "someone/tiny")
    failed = goldloop(*push)
    assert (
        failed.code == 3
        and "You may not write here" in failed.err
        and "out is whole, and the same command pushes it" in failed.err
    )
    hub.broken = False
    assert goldloop(*push).code == 0 and json.loads(hub.files["export.json"])["merged"]["dtype"] == "float32"
    hub.token = "hf_other"
    refused = goldloop(*push[:-3], "new", *push[-2:])
    assert refused.code == 4 and "the hub refuses the token" in refused.err and not Path("new").exists()
