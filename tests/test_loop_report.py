"""The HTML report, from run folders that the real stages and records write; only model and training are made up."""

from __future__ import annotations

import base64
import random
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from decontam.pages import visible
from decontam.records import CleanPair
from decontam.screen import BLIND, index_tasks
from evals.errors import BadInput
from evals.files import digest, read_json, read_records, write_json, write_jsonl
from evals.records import Attempt, Failure, ModelRef, Result, Split, Task, Verdict
from finetune.records import TrainReport
from goldens.records import Golden
from loop import stages
from loop.config import Config, make_config
from loop.gate import GateReport, decide
from loop.records import RoundReport
from loop.report.page import write_report
from loop.report.words import clip, points
from loop.stage import stage

HOSTILE = "<script>alert('hostile')</script><img src=http://evil.example/x.png onerror=alert(1)>"
ABSOLUTE = "/srv/models/tiny-coder"
SANDBOX = "sandlock (Landlock + seccomp)"
VERBS = ("reverse", "count", "rotate", "merge", "strip", "index", "scale", "split", "pack", "trim", "rank", "zip")
WHAT = ("invoice lines", "sensor readings", "chess moves", "tram stops", "orchid names", "ballots", "tides", "recipes")


def make_task(suite: str, slice_: str, split: Split, number: int) -> Task:
    verb, what = VERBS[number % len(VERBS)], WHAT[(number // len(VERBS)) % len(WHAT)]
    name = f"{verb}_{what.replace(' ', '_')}_{number}"
    return Task(
        id=name,
        suite=suite,
        split=split,
        group=f"{slice_}-{name}",
        tags=(slice_,),
        prompt=f"Write a Python function `{name}(items)` that will {verb} the {what} of case {number} into a list.",
        golden=f"def {name}(items):\n    kept = [item for item in items if item is not None]\n    return kept[::-1]\n",
        checks=f"assert {name}([1, None, 2]) == [2, 1]\nassert {name}([]) == []\n",
    )


def make_suites(tasks_a_slice: int) -> dict[str, list[Task]]:
    suites: dict[str, list[Task]] = {"house": [], "basics": []}
    number = 0
    for suite, slices in (("house", ("parsing", "tables")), ("basics", ("lists", "strings"))):
        for slice_ in slices:
            for split in ("train", "holdout"):
                for _ in range(tasks_a_slice):
                    suites[suite].append(make_task(suite, slice_, split, number))
                    number += 1
    leaky = next(t for t in suites["house"] if t.split == "train")
    twin = next(t for t in suites["house"] if t.split == "holdout")
    copied = leaky.model_copy(update={"prompt": twin.prompt, "golden": twin.golden})
    suites["house"] = [copied if t is leaky else t for t in suites["house"]]
    return suites


def answer(task: Task, passes: bool, number: int) -> Result:
    """An attempt with hostile text and its verdict; at a holdout task, with a mark that must never be shown."""
    secret = f"HOLDOUT-ATTEMPT {task.id} " if task.split == "holdout" else ""
    verdict = Verdict(status="pass", reason="pass", evidence={"checks": 2}, sandbox=SANDBOX)
    step = -1 if passes else -2  # the same code with two verdicts would be a flaky task
    code: str | None = f"def {task.id}(items):\n    return items[::{step}]  # {secret}{HOSTILE}\n"
    if not passes:
        place = {"check": task.checks.splitlines()[0].removeprefix("assert "), "line": 1}
        stderr = 'File "/home/ada/goldloop/.venv/lib/driver.py", line 3'
        reason, evidence = (
            ("wrong_value", {**place, "expected": "[2, 1]", "got": "[2, None, 1]"}),
            ("exception:TypeError", {**place, "raised": "TypeError", "message": f"cannot add {secret}to <int>"}),
            ("no_code", {}),
            ("exited_early", {**place, "exit_code": 1, "stderr": stderr}),
        )[(0, 0, 1, 0, 2, 1, 3)[number % 7]]
        verdict = Verdict(status="fail", reason=reason, evidence=evidence, sandbox=SANDBOX)
        code = None if reason == "no_code" else code
    completion = f"Sure! {secret}{HOSTILE}" if code is None else f"Here it is: {secret}\n```python\n{code}```"
    attempt = Attempt(key=task.key, completion=completion, code=code, finish_reason="stop", completion_tokens=40)
    return Result(
        id=task.id,
        suite=task.suite,
        split=task.split,
        group=task.group,
        slice=task.slice,
        attempt=attempt,
        verdict=verdict,
    )


def evaluated(tasks: Sequence[Task], shares: dict[str, float], folder: Path) -> list[Result]:
    """Results where each task has a strength of its own, so that a better model mostly passes what a worse one did."""
    results = []
    for number, task in enumerate(tasks):
        luck = random.Random(f"{task.key}/{folder.name}").uniform(-0.08, 0.08)
        strength = random.Random(task.key).random()
        results.append(answer(task, strength + luck < shares[task.suite], number))
    count = stages.count_results(results)

    def work(out: Path) -> dict[str, Any]:
        write_jsonl(out / stages.RESULTS, results)
        return {"counts": count, "sandbox": SANDBOX, "model": "tiny"}

    stage(folder, {"tasks": [task.key for task in tasks], "shares": shares}, work)
    return results


def proved(tasks: Sequence[Task], folder: Path) -> dict[str, Golden]:
    goldens = {
        task.key: Golden(
            key=task.key,
            code=task.golden,
            source="golden",
            proof=Verdict(status="pass", reason="pass", evidence={"checks": 2}, sandbox=SANDBOX),
            empty=Verdict(status="fail", reason="exception:NameError", sandbox=SANDBOX),
        )
        for task in tasks
    }

    def work(out: Path) -> dict[str, Any]:
        write_jsonl(out / "goldens.jsonl", goldens.values())
        return {"counts": {"in": len(tasks), "out": len(goldens), "dropped": {}}, "sandbox": SANDBOX}

    stage(folder, {"suites": ["b2:x"]}, work)
    return goldens


def trained(folder: Path, trainset: str, index: str, config: Config, number: int) -> str:
    noise = random.Random(number)
    losses = tuple(round(1.9 * 0.93**step + 0.12 + noise.uniform(-0.05, 0.05), 5) for step in range(45))
    report = TrainReport(
        model=ModelRef(base=ABSOLUTE, revision="9f3c2a7", adapter=str(folder)),
        trainset_digest=trainset,
        index_digest=index,
        settings=config.finetune.model_dump(mode="json"),
        steps=45,
        rows=24,
        epochs=3,
        trained_tokens=5120,
        total_tokens=12480,
        losses=losses,
        adapter_digest=digest(["adapter", number]),
    )

    def work(out: Path) -> dict[str, Any]:
        write_jsonl(out / "report.jsonl", [report])
        return {"adapter": report.adapter_digest, "counts": {"rows": 24, "steps": 45}}

    stage(folder, {"trainset": trainset}, work)
    return report.adapter_digest


def gated(folder: Path, gate: GateReport, adapter: str) -> None:
    said = {"decision": gate.decision, "gate": gate.model_dump(mode="json"), "adapter": adapter}
    stage(folder, {"adapter": adapter}, lambda out: said)


def make_run(run: Path, *, tasks_a_slice: int = 24, gains: Sequence[float] = (0.45, 0.0)) -> list[GateReport]:
    """A run of one round a gain, chained as ``loop.rounds`` chains them; returns what the gates said."""
    suites = make_suites(tasks_a_slice)
    every = [task for tasks in suites.values() for task in tasks]
    holdout, train = ([t for t in every if t.split == split] for split in ("holdout", "train"))
    roles = {"target": ["house"], "guard": ["basics"]}
    config = make_config({"model": ABSOLUTE, "name": "night-shift", "suites": roles})
    index = index_tasks(holdout)
    shares = {"house": 0.3, "basics": 0.7}
    before: list[Result] | None = None
    pairs: tuple[CleanPair, ...] = ()
    lineage: tuple[str, ...] = ()
    champion = ModelRef(base=ABSOLUTE)
    rounds, gates = [], []
    for number, gain in enumerate(gains, 1):
        folder = run / f"round-{number}"
        goldens = proved(every, folder / "goldens")
        on_train = evaluated(train, shares, folder / "before-train")
        before = before or evaluated(holdout, shares, folder / "before-holdout")
        failures = stages.failures_stage([r for r in on_train if r.suite == "house"], folder / "failures")
        forbidden = [t.model_copy(update={"train_ok": t.key != failures[1].key}) for t in train]
        found = stages.pair_stage(failures, on_train, forbidden, goldens, folder / "pairs")
        clean = stages.screen_stage(found, index, folder / "screen")
        pairs = (*pairs, *clean)
        built = stages.trainset_stage(pairs, index, config, folder / "trainset", lambda example: 40)
        adapter = trained(folder / "finetune", built["trainset"], index.digest, config, number)
        better = {"house": shares["house"] + gain, "basics": shares["basics"] + 0.02}
        after = evaluated(holdout, better, folder / "after-holdout")
        gate = decide(before, after, target=["house"], guard=["basics"], settings=config.gate)
        gated(folder / "gate", gate, adapter)
        candidate = ModelRef(base=ABSOLUTE, adapter=str(folder / "finetune"))
        dropped = Counter({"pairs: licence forbids training": 1})
        dropped["screen: ngram-1 with prompt"] = len(found) - len(clean)
        dropped.update({f"trainset: {reason}": n for reason, n in built["counts"]["dropped"].items() if n})
        report = RoundReport(
            number=number,
            before=champion,
            after=candidate,
            gate=gate,
            decision=gate.decision,
            reasons=gate.reasons,
            counts={"train_tasks": len(train), "holdout_tasks": len(before), "errors": 0, "failures": len(failures)},
            dropped=dict(dropped),
            failure_reasons=dict(Counter(f.verdict.reason for f in failures).most_common()),
            trainset=built["trainset"],
            index=index.digest,
            adapter=adapter,
            lineage=lineage or ("base",),
        )
        rounds.append(report.summary())
        gates.append(gate)
        write_json(run / "report.json", {"run": config.name, "rounds": rounds})
        if gate.decision == "promote":
            champion, before, shares = candidate, after, better
            lineage = (*lineage, f"round-{number}:{adapter}")
    return gates


class Page(HTMLParser):
    """What a browser would see: tags with their attributes, and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "night-shift"
    make_run(folder)
    return folder


@pytest.fixture(scope="module")
def html(run: Path) -> str:
    return write_report(run).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_it_loads_nothing(page: Page, html: str) -> None:
    tags = Counter(tag for tag, _ in page.tags)
    assert not tags.keys() & {"link", "img", "iframe", "object", "embed", "base", "video", "audio", "form", "image"}
    for tag, attributes in page.tags:
        assert not attributes.keys() & {"src", "srcset", "action", "data", "xlink:href", "ping"}, tag
        assert (attributes.get("href") or "#").startswith("#")
        assert "url(" not in (attributes.get("style") or "")
    style = html[html.index("<style>") : html.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_links_lead_somewhere_and_ids_are_unique(page: Page) -> None:
    ids = Counter(a["id"] for _, a in page.tags if "id" in a)
    assert set(ids.values()) == {1}
    assert {a["href"] for _, a in page.tags if "href" in a} <= {f"#{name}" for name in ids}


def test_hostile_text_is_shown_as_text(page: Page, html: str) -> None:
    assert "&lt;script&gt;alert(" in html
    assert HOSTILE in page.text
    assert [tag for tag, _ in page.tags].count("script") == 1  # ours
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)


def test_the_policy_allows_only_our_script(html: str) -> None:
    script = html[html.index("<script>") + 8 : html.index("</script>")]
    allowed = base64.b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{allowed}'" in html
    assert "default-src 'none'" in html


def test_no_attempt_at_a_holdout_task_is_shown(run: Path, html: str) -> None:
    assert "HOLDOUT-ATTEMPT" in (run / "round-1" / "after-holdout" / "results.jsonl").read_text()
    assert "HOLDOUT-ATTEMPT" not in html
    assert "Holdout items are never shown one by one" in html


def test_a_holdout_failure_that_got_into_the_failures_is_not_shown(tmp_path: Path) -> None:
    make_run(tmp_path / "r", tasks_a_slice=6, gains=(0.4,))
    folder = tmp_path / "r" / "round-1"
    holdout = read_records(folder / "before-holdout" / "results.jsonl", Result)
    leaked = next(result for result in holdout if not result.verdict.passed)
    row = {"key": leaked.key, "attempt": leaked.attempt, "verdict": leaked.verdict}
    failures = folder / "failures" / "failures.jsonl"
    write_jsonl(failures, [*read_records(failures, Failure), row])
    assert "HOLDOUT-ATTEMPT" not in write_report(tmp_path / "r").read_text()


def test_a_leaking_pair_is_named_with_its_evidence_and_its_golden_is_not_shown(run: Path, page: Page) -> None:
    leak = next(c for c in stages.contaminated(run / "round-1" / "screen") if not c.replay)
    match = leak.matches[0]
    rule, coverage = visible(f"rule {match.rule}"), f"{100 * match.coverage:.1f}%"
    for fact in (leak.key, match.item, rule, coverage, visible(match.snippet)):
        assert fact in page.text
    assert "left out: leaks the holdout" in page.text
    assert leak.golden.code.strip() not in page.text


def test_every_figure_of_the_closing_table_is_there(run: Path, page: Page) -> None:
    text = " ".join(page.text.split())
    for number in (1, 2):
        gate = GateReport.model_validate(read_json(run / f"round-{number}" / "gate" / "manifest.json")["gate"])
        assert {line.slice for line in gate.lines} == {"*", "parsing", "tables", "lists", "strings"}
        for line in gate.lines:
            shares = f"{line.n}{100 * line.before:.1f}%{100 * line.after:.1f}%{points(line.delta)}"
            interval = f"{points(line.ci95[0])} to {points(line.ci95[1])} {line.gained} / {line.lost} {line.verdict}"
            assert f"{shares} {interval}" in text
        for reason in gate.reasons:
            assert reason in text


def test_round_two_stands_without_a_baseline_of_its_own(run: Path, page: Page) -> None:
    assert not (run / "round-2" / "before-holdout").exists()
    sections = [attributes["id"] for tag, attributes in page.tags if tag == "section"]
    assert sections == ["hill", "round-1", "round-2", "made", "lineage"]


def test_train_failures_stand_beside_their_goldens(run: Path, page: Page) -> None:
    clean = read_records(run / "round-1" / "screen" / "clean.jsonl", CleanPair)
    trained_on = next(pair for pair in clean if not pair.replay)
    assert trained_on.golden.code.strip() in page.text
    assert trained_on.prompt in page.text
    assert "[2, None, 1]" in page.text
    assert f"Proved in {SANDBOX}: passed 2 checks; an empty answer fails (raised NameError)." in page.text


def test_drops_lineage_and_blind_spots_are_named(run: Path, page: Page) -> None:
    assert "licence forbids training" in page.text
    assert BLIND in page.text
    report = stages.train_report(run / "round-1" / "finetune")
    for fact in (report.adapter_digest, report.trainset_digest, report.index_digest, "9f3c2a7", SANDBOX, "tiny-coder"):
        assert fact in page.text


def test_the_same_run_gives_the_same_bytes_wherever_it_is(run: Path, tmp_path: Path, html: str) -> None:
    elsewhere = tmp_path / run.parent.name / run.name
    shutil.copytree(run, elsewhere)
    assert write_report(elsewhere).read_text(encoding="utf-8") == html
    assert write_report(run).read_text(encoding="utf-8") == html


def test_no_path_of_the_machine_is_in_it(run: Path, html: str) -> None:
    for path in (str(run), str(run.parent), ABSOLUTE, "/home/ada", str(Path.home()) + "/"):
        assert path not in html
    assert "…/driver.py" in html


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it, of ``#rgb`` or ``#rrggbb``."""
    digits = colour.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    shares = (int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4))
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_has_the_contrast_that_wcag_asks_for(html: str, scheme: int) -> None:
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", html.split(":root {")[scheme + 1].partition("}")[0]))
    pairs = [("ink", "page"), ("soft", "page"), ("soft", "card"), ("soft", "wash"), ("gold", "page")]
    pairs += [("gold", "open-wash"), ("good", "good-wash"), ("bad", "bad-wash"), ("good", "wash"), ("bad", "wash")]
    pairs += [(f"s{number}", "card") for number in range(6)]
    for text, ground in pairs:
        dark, bright = sorted((luminance(colours[text]), luminance(colours[ground])))
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


def test_what_scrolls_can_be_reached_with_the_keyboard(page: Page) -> None:
    scrolling = [attrs for _, attrs in page.tags if "scroll" in (attrs.get("class") or "").split()]
    assert scrolling
    assert all(attrs.get("tabindex") == "0" and attrs.get("aria-label") for attrs in scrolling)


def test_a_round_without_failures_says_so(tmp_path: Path) -> None:
    make_run(tmp_path, gains=(0.45,))
    facts = read_json(tmp_path / "report.json")
    facts["rounds"][0]["failures"] = {}
    write_json(tmp_path / "report.json", facts)
    write_jsonl(tmp_path / "round-1/failures/failures.jsonl", [])
    text = " ".join(Page(write_report(tmp_path).read_text()).text.split())
    assert "Why training tasks failed None did." in text
    assert "There is no failing attempt to show." in text


def test_a_run_without_a_report_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=re.escape(str(tmp_path / "report.json"))):
        write_report(tmp_path)


@pytest.mark.parametrize("lost", ["gate/manifest.json", "finetune/report.jsonl", "screen/clean.jsonl", "trainset/trainset.json"])
def test_a_missing_file_of_a_round_is_named(tmp_path: Path, lost: str) -> None:
    make_run(tmp_path, tasks_a_slice=6, gains=(0.4,))
    (tmp_path / "round-1" / lost).unlink()
    with pytest.raises(BadInput, match=re.escape(str(tmp_path / "round-1" / lost))):
        write_report(tmp_path)


def test_a_damaged_report_names_the_key(tmp_path: Path) -> None:
    write_json(tmp_path / "report.json", {"run": "r", "rounds": [{"round": 1}]})
    with pytest.raises(BadInput, match=r"rounds\.0\.decision"):
        write_report(tmp_path)


def test_many_failures_are_counted_and_not_all_shown(tmp_path: Path) -> None:
    make_run(tmp_path, tasks_a_slice=40, gains=(0.4,))
    assert re.search(r"\d+ failing attempts, the first 25 shown", write_report(tmp_path).read_text())


def test_hidden_and_turning_characters_become_visible() -> None:
    assert visible("a\x00b\u202ec\n\td") == "a⟨U+0000⟩b⟨U+202E⟩c\n\td"


def test_the_chart_follows_promoted_models_and_points_at_the_others(tmp_path: Path) -> None:
    gates = make_run(tmp_path, gains=(0.45, -0.2, 0.2))
    assert [gate.decision for gate in gates][:2] == ["promote", "reject"]
    drawn = Page(write_report(tmp_path).read_text(encoding="utf-8"))
    kinds = Counter(attributes.get("class") for _, attributes in drawn.tags)
    suites, plots, rounds = 2, 2, 3
    assert kinds["path"] + kinds["path tried"] == suites * plots * rounds
    assert kinds["kept"] + kinds["dropped"] == kinds["whisker"] == suites * plots * (rounds + 1)
    assert kinds["dropped"] == kinds["path tried"] == suites * plots * sum(gate.decision != "promote" for gate in gates)


def test_points_have_a_true_minus_and_no_signed_zero() -> None:
    assert [points(value) for value in (0.25, -0.031, -0.0001, 0.0)] == ["+25.0", "−3.1", "0.0", "0.0"]


def test_a_clipped_text_says_how_much_is_missing() -> None:
    assert clip("x" * 12, 10) == "x" * 10 + "\n… 2 more characters, in the run's folder"
