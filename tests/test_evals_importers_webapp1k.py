from pathlib import Path

import orjson
import pytest
from sandbox_requirements import required_for

from evals.errors import BadInput
from evals.graders.projects import ProjectGrader, expected_ids
from evals.suites import load_suite

JEST = """import React from 'react';
import { render, screen, act, fireEvent } from '@testing-library/react';
import { MemoryRouter } from 'react-router-dom';
import fetchMock from 'fetch-mock';
import '@testing-library/jest-dom';
import TagForm from './createTag';

afterEach(() => {
  fetchMock.reset();
  fetchMock.restore();
});

test('creates a tag', async () => {
  fetchMock.post('/api/tags', { status: 200, body: { name: 'news' } });

  await act(async () => { render(<MemoryRouter><TagForm /></MemoryRouter>); });
  await act(async () => { fireEvent.change(screen.getByLabelText(/tag/i), { target: { value: 'news' } }); });
  await act(async () => { fireEvent.click(screen.getByText('Create')); });

  expect(fetchMock.calls('/api/tags')).toHaveLength(1);
  expect(screen.getByText('Created news')).toBeInTheDocument();
}, 10000);

test('shows that the server failed', async () => {
  fetchMock.post('/api/tags', 500);
  window.scrollTo = jest.fn();

  await act(async () => { render(<MemoryRouter><TagForm /></MemoryRouter>); });
  await act(async () => { fireEvent.click(screen.getByText('Create')); });

  expect(screen.getByText('Failed to create tag')).toBeInTheDocument();
}, 10000);
"""
RIGHT = """import React, { useState } from 'react';

export default function TagForm() {
  const [name, setName] = useState('');
  const [said, setSaid] = useState('');
  const create = async () => {
    const response = await fetch('/api/tags', { method: 'POST', body: JSON.stringify({ name }) });
    setSaid(response.ok ? `Created ${(await response.json()).name}` : 'Failed to create tag');
  };
  return (
    <div>
      <label htmlFor="tag">Tag</label>
      <input id="tag" value={name} onChange={(event) => setName(event.target.value)} />
      <button onClick={create}>Create</button>
      <p>{said}</p>
    </div>
  );
}
"""


@pytest.fixture
def benchmark(tmp_path: Path) -> Path:
    rows = [
        {"path": "README.md", "text": "# WebApp1K"},
        {"path": "tests/react/blogging/createTag.test.js", "text": JEST},
        {"path": "tests/react/weather/showWind.test.js", "text": JEST.replace("./createTag", "./showWind")},
        {"path": "duo_tests/react/blogging/createTag_editTag.test.js", "text": JEST},
    ]
    (tmp_path / "files.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return tmp_path


def test_a_test_of_one_feature_becomes_a_task(benchmark: Path) -> None:
    task = load_suite(f"webapp1k:{benchmark}").tasks[0]
    assert (task.id, task.group, task.kind, task.entry) == ("blogging.createTag", "blogging", "tests", "src/App.jsx")
    assert expected_ids(task) == ("tests/App.test.jsx > creates a tag", "tests/App.test.jsx > shows that the server failed")


def test_jest_becomes_vitest(benchmark: Path) -> None:
    test = load_suite(f"webapp1k:{benchmark}").tasks[0].tests["tests/App.test.jsx"]
    assert "import TagForm from '../src/App';" in test
    assert "window.scrollTo = vi.fn();" in test


def test_the_prompt_shows_the_tests_that_will_run(benchmark: Path) -> None:
    task = load_suite(f"webapp1k:{benchmark}").tasks[0]
    assert task.tests["tests/App.test.jsx"].strip() in task.prompt


def test_tasks_without_a_solution_are_holdout_only(benchmark: Path) -> None:
    tasks = load_suite(f"webapp1k:{benchmark}").tasks
    assert {(task.split, task.golden, task.licence) for task in tasks} == {("holdout", "", "MIT")}


def test_tests_of_two_features_are_a_suite_of_their_own(benchmark: Path) -> None:
    assert [task.id for task in load_suite(f"webapp1k:{benchmark}").tasks] == ["blogging.createTag", "weather.showWind"]
    assert [task.id for task in load_suite(f"webapp1k-duo:{benchmark}").tasks] == ["blogging.createTag_editTag"]


def test_a_test_without_a_component_is_named_with_its_line(benchmark: Path) -> None:
    with (benchmark / "files.jsonl").open("ab") as file:
        file.write(orjson.dumps({"path": "tests/react/weather/empty.test.js", "text": "test('a', () => {});"}) + b"\n")
    with pytest.raises(BadInput, match=r"files\.jsonl:5: expected an import of the component"):
        load_suite(f"webapp1k:{benchmark}")


def test_another_file_is_refused_with_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "files.jsonl").write_text('{"path": "README.md", "text": ""}\n')
    with pytest.raises(BadInput, match=r"expected rows whose path is tests/react/SCENARIO/NAME\.test\.js"):
        load_suite(f"webapp1k:{tmp_path}")


@pytest.mark.slow
def test_a_right_component_passes(benchmark: Path) -> None:
    task = load_suite(f"webapp1k:{benchmark}").tasks[0]
    found = ProjectGrader().grade(task, RIGHT, required_for(task, "sandlock"))
    assert found.passed, (found.reason, found.evidence)


@pytest.mark.slow
@pytest.mark.parametrize(
    "change", [("'Failed to create tag'", "'Error'"), ("await fetch(", "await Promise.resolve({ ok: false }, ")]
)
def test_a_wrong_component_fails(benchmark: Path, change: tuple[str, str]) -> None:
    task = load_suite(f"webapp1k:{benchmark}").tasks[0]
    found = ProjectGrader().grade(task, RIGHT.replace(*change), required_for(task, "sandlock"))
    assert (found.status, found.reason) == ("fail", "tests_failed")
