"""The parts of the report's page: the answer, the interval axis, slices by rounds, a round without training, how it was made."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from test_loop_report import ABSOLUTE, Page, luminance, make_run

from docs.tables import verbs
from evals.files import MANIFEST, read_json, write_json
from evals.stats import compare
from loop.config import make_config
from loop.gate import GateReport, Line
from loop.report import making
from loop.report.answer import headline
from loop.report.chart import axis, heat
from loop.report.page import write_report
from loop.report.story import BaseGain, Chapter, read_chapter, read_story
from loop.report.words import percent, points

CPU = {"cpu": "Some Processor", "cores": 8, "memory_gib": 31.2, "accelerators": ["Some GPU"]}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two promoted rounds and a third one that had nothing new to train on, with what a run records of its making."""
    folder = tmp_path_factory.mktemp("runs") / "night-shift"
    gates = make_run(folder, gains=(0.45, 0.2))
    assert [gate.decision for gate in gates] == ["promote", "promote"]
    report = read_json(folder / "report.json")
    first, second = report["rounds"]
    first["start"], second["start"] = "base", f"round-1:{first['adapter']}"
    second["against_base"] = {"house": {"delta": 0.58, "ci95": [0.41, 0.69], "before": 0.3, "after": 0.88, "n": 48}}
    second["seeds"] = [{"seed": 0, "adapter": second["adapter"], "dev": 0.61}, {"seed": 1, "adapter": "b2:other", "dev": None}]
    blank = {"trainset": "", "adapter": "", "seeds": [], "against_base": {}, "notes": [], "suites": {}}
    idle = {
        "round": 3,
        "kind": "nothing new",
        "decision": "nothing new",
        "reasons": ["every failure left was trained on already"],
    }
    report["rounds"].append({**second, **blank, **idle})
    write_json(folder / "report.json", report)
    for stage in ("goldens", "before-train", "failures", "pairs", "screen"):
        shutil.copytree(folder / "round-2" / stage, folder / "round-3" / stage)
    suites = {"target": ["house"], "guard": ["basics"]}
    config = make_config({"model": ABSOLUTE, "suites": suites, "server": {"url": "http://ada:secret@host/v1"}})
    write_json(folder / "run.json", {"config": config.model_dump(mode="json"), "digest": "b2:d", "start": {"adapter": ""}})
    return folder


@pytest.fixture(scope="module")
def chapters(run: Path) -> list[Chapter]:
    return [read_chapter(run / f"round-{facts.round}", facts) for facts in read_story(run).rounds]


@pytest.fixture(scope="module")
def html(run: Path) -> str:
    return write_report(run).read_text(encoding="utf-8")


def section(html: str, name: str) -> str:
    start = html.index(f'id="{name}"')
    return html[start : html.index("</section>", start)]


def text(html: str) -> str:
    return " ".join(Page(html).text.split())


def decided(chapter: Chapter, decision: str) -> Chapter:
    return replace(chapter, facts=chapter.facts.model_copy(update={"decision": decision}))


def house(chapter: Chapter) -> Line:
    return next(line for line in chapter.wholes if line.suite == "house")


def test_the_headline_is_the_answer(chapters: list[Chapter]) -> None:
    first, second, idle = chapters
    gain, limits = (points(house(first).delta), [points(bound) for bound in house(first).ci95])
    assert headline([first]) == f"Promoted: house {gain} points"
    assert (
        headline([decided(first, "inconclusive")]) == f"Not promoted: inconclusive, house {gain} points ({' to '.join(limits)})"
    )
    assert headline([decided(first, "reject")]).startswith("Not promoted: rejected, house")
    assert headline([first, second, idle]) == "Promoted: house +58.0 points against the base"
    assert headline([first, decided(second, "reject")]) == f"Promoted in round 1: house {gain} points. Round 2: rejected"
    assert headline([idle]) == "Not promoted: nothing new to train on"


def test_a_gain_over_an_adapter_is_not_called_one_over_the_base(chapters: list[Chapter]) -> None:
    second = replace(chapters[1], facts=chapters[1].facts.model_copy(update={"against_base": {}}))
    assert headline([chapters[0], second]) == f"Promoted: house {points(house(second).delta)} points"
    other = {"elsewhere": BaseGain(delta=0.5, ci95=(0.4, 0.6))}
    unknown = replace(second, facts=second.facts.model_copy(update={"against_base": other}))
    assert "against the base" not in headline([unknown])


def test_the_page_opens_with_the_answer_and_with_the_target(html: str) -> None:
    assert "<h1>Promoted: house +58.0 points against the base</h1>" in html
    table = section(html, "round-1")
    rows = re.findall(r'<th scope="row">(.*?)</th>', table)
    assert [re.sub(r"\s*<.*?>.*", "", row) for row in rows] == ["house", "parsing", "tables", "basics", "lists", "strings"]
    folded = table[table.index("<details") : table.index("</details>")]
    assert (
        folded.startswith('<details class="more"><summary>Slices of basics') and "strings" in folded and "parsing" not in folded
    )


def line(low: float, high: float) -> Line:
    figures = dict(compare({"a": True, "b": False}, {"a": True, "b": True}))
    return Line.model_validate({**figures, "suite": "s", "slice": "*", "role": "target", "ci95": (low, high)})


@pytest.mark.parametrize(
    "bounds",
    [[(0.21, 0.53)], [(-0.06, 0.01)], [(-0.9, -0.4)], [(-1, 1)], [(0, 0)], [(-0.002, 0.003)], [(0.1, 0.2), (-0.3, 0.05)]],
)
def test_the_axis_is_scaled_to_the_intervals(bounds: Sequence[tuple[float, float]]) -> None:
    lines = [line(*pair) for pair in bounds]
    drawn = axis(lines)
    least, most = min(0.0, *(low for low, _ in bounds), 0.0), max(0.0, *(high for _, high in bounds), 0.0)
    assert drawn.low <= least + 1e-9 and drawn.high >= most - 1e-9
    assert drawn.high - drawn.low <= 1.5 * (most - least) + 0.011  # at most two steps of a sixth of the data are added
    places = [place for place, _ in drawn.labels]
    assert drawn.place(0.0) in places and places == sorted(places)
    assert all(right - left >= 20 for left, right in pairwise(places))
    assert drawn.place(least - 1) == 0 and drawn.place(most + 1) == 100


def test_slices_by_rounds_are_the_gates_figures(run: Path, chapters: list[Chapter]) -> None:
    assert heat(chapters[:1], "base") is None
    drawn = heat(chapters[:2], "base")
    assert drawn is not None and [name for name, _ in drawn.columns] == ["base", "round 1", "round 2"]
    gates = [GateReport.model_validate(read_json(run / f"round-{n}/gate" / MANIFEST)["gate"]) for n in (1, 2)]
    shares = {(row.suite, row.slice): [cell.share for cell in row.cells] for row in drawn.rows}
    assert len(shares) == 6
    for before, after in zip(gates[0].lines, gates[1].lines, strict=True):
        assert shares[before.suite, before.slice] == [before.before, before.after, after.after]


def test_a_slice_that_a_round_did_not_measure_is_a_gap(chapters: list[Chapter]) -> None:
    first, second, _ = chapters
    shorter = replace(second, lines=tuple(part for part in second.lines if part.slice != "tables"))
    drawn = heat([first, shorter], "base")
    assert drawn is not None
    (row,) = (row for row in drawn.rows if row.slice == "tables")
    assert [cell.share is None for cell in row.cells] == [False, False, True] and row.cells[2].said == "not measured"


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_figures_stand_out_from_the_fullest_colour_of_the_heat_map(html: str, scheme: int) -> None:
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})", html.split(":root {")[scheme + 1].partition("}")[0]))
    match = re.search(r"color-mix\(in srgb, var\(--s1\) calc\((\d+)% \* var\(--share\)\), var\(--card\)\)", html)
    assert match
    share = int(match[1]) / 100
    mixed = [round(share * a + (1 - share) * b) for a, b in zip(channels(colours["s1"]), channels(colours["card"]), strict=True)]
    dark, bright = sorted((luminance(colours["ink"]), luminance("#" + "".join(f"{value:02x}" for value in mixed))))
    assert (bright + 0.05) / (dark + 0.05) >= 4.5


def channels(colour: str) -> list[int]:
    digits = colour.removeprefix("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    return [int(digits[place : place + 2], 16) for place in (0, 2, 4)]


def test_a_round_with_nothing_new_has_neither_gate_nor_training(html: str) -> None:
    idle = section(html, "round-3")
    said = text(idle)
    assert "It had nothing new to train on, so there is no adapter, and nothing was decided." in said
    assert "every failure left was trained on already" in said
    assert "Before and after" not in said and "Training loss" not in said and "training rows" not in said.split("clean pairs")[1]
    assert "<table" not in idle
    made = text(section(html, "made"))
    assert made.count("nothing was trained") == 2  # how answers were drawn for a decision, and the adapter's folder


def test_a_round_says_where_it_started_and_what_was_chosen_from(html: str, chapters: list[Chapter]) -> None:
    assert "Started from the base model." in text(section(html, "round-1"))
    second = text(section(html, "round-2"))
    assert f"Started from the adapter round-1:{chapters[0].facts.adapter}" in second
    assert "Trained 2 times" in second and "61.0%" in second and "not measured" in second and "(chosen)" in second
    hill = text(section(html, "hill"))
    assert "Round 2: house +58.0 points, 95% interval +41.0 to +69.0" in hill
    assert "chosen for being high, so it is biased upwards" in hill


def test_slices_are_judged_after_holm_on_the_page_too(run: Path, tmp_path: Path) -> None:
    """Each of four slices at p = 0.02 is better by itself; Holm asks the smallest of four for 0.0125."""
    shutil.copytree(run, tmp_path / "run")
    file = tmp_path / "run/round-1/gate" / MANIFEST
    manifest = read_json(file)
    for part in manifest["gate"]["lines"]:
        part |= {"p": 0.02, "ci95": [0.1, 0.5]}
    write_json(file, manifest)
    words = re.findall(r'<span class="word \w+">(.*?)</span>', section(write_report(tmp_path / "run").read_text(), "round-1"))
    assert words == ["better", *["no evidence of a change"] * 2, "better", *["no evidence of a change"] * 2]


def test_dates_durations_machines_and_tokens_are_those_of_the_manifests(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    times = {
        "before-train": ("22:10:00", "22:20:30"),
        "finetune": ("22:20:30", "23:59:00"),
        "after-holdout": ("23:59:00", "23:59:59"),
    }
    for file in (tmp_path / "run/round-1").rglob(MANIFEST):
        manifest = read_json(file)
        begun, ended = times.get(file.parent.name, ("22:10:00", "22:10:00"))
        made = {"started": f"2026-11-30T{begun}+00:00", "ended": f"2026-11-30T{ended}+00:00", "machine": CPU}
        manifest |= {"seconds": {"before-train": 630.0, "finetune": 5910.0}.get(file.parent.name, 0.0), "made": made}
        if file.parent.name in ("before-train", "before-holdout", "after-holdout"):
            manifest["tokens"] = {"prompt": 1000, "completion": 200}
        write_json(file, manifest)
    costs = making.read_costs(tmp_path / "run/round-1")
    assert making.dates_words(costs) == "2026-11-30 22:10 to 23:59 UTC"
    assert making.duration_words(costs) == "1 h 49 min of work (evaluation 10 min 30 s, training 1 h 38 min)"
    assert making.machine_words(costs) == "8 cores of Some Processor, 31.2 GiB of memory, Some GPU"
    assert making.tokens_words(costs, 5120) == "3,000 read and 600 written in evaluations, 5,120 trained on"
    shown = text(section(write_report(tmp_path / "run").read_text(), "made"))
    assert "8 cores of Some Processor" in shown and "night" not in shown.partition("adapter")[0]


def test_a_run_of_an_earlier_version_says_what_was_not_recorded(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    (tmp_path / "run/run.json").unlink()
    for file in (tmp_path / "run").rglob(MANIFEST):
        manifest = read_json(file)
        write_json(file, {key: value for key, value in manifest.items() if key not in ("made", "tokens", "conditions")})
    report = read_json(tmp_path / "run/report.json")
    known = ("kind", "start", "against_base", "seeds", "spread", "conditions", "folder")
    old = [{key: value for key, value in facts.items() if key not in known} for facts in report["rounds"][:2]]
    write_json(tmp_path / "run/report.json", {"run": report["run"], "rounds": old})
    shown = text(write_report(tmp_path / "run").read_text())
    assert shown.startswith("Promoted: house") and "of evaluations not recorded" in shown
    assert "samples, temperature and prompts: not recorded" in shown and "Configuration Not recorded." in shown


def test_the_configuration_is_whole_and_gives_nothing_away(run: Path, html: str) -> None:
    shown = making.configuration_text(read_json(run / "run.json"))
    config = make_config(yaml.safe_load(shown))
    assert (config.model, config.suites.target, config.server.url) == ("tiny-coder", ("house",), "http://host/v1")
    assert "secret" not in html and "ada" not in shown and ABSOLUTE not in html


def test_what_is_to_be_typed_can_be_typed(html: str) -> None:
    known = dict(verbs())
    typed = [shlex.split(command) for command in re.findall(r'<pre class="quote">(goldloop .*?)</pre>', section(html, "made"))]
    assert [words[1] for words in typed] == ["run", "resume", "eval", "lineage"]
    for _, verb, *arguments in typed:
        assert known[verb].make_context(verb, [*arguments]).params


def test_a_run_is_made_again_from_where_it_started() -> None:
    again = [making.commands("r", "runs", start, [], "")[0][1] for start in ("", "other/round-2/finetune", "/srv/mine")]
    assert [command.rpartition("--start ")[2] for command in again] == ["base", "runs/other/round-2/finetune", "mine"]


def test_shares_are_said_beside_what_they_are_of(chapters: list[Chapter]) -> None:
    drawn = heat(chapters[:2], "base")
    assert drawn is not None
    whole = house(chapters[0])
    assert drawn.rows[0].cells[1].said == f"house, round 1: {percent(whole.after)} of {whole.n} tasks"
