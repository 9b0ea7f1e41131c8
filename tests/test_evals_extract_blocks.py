"""Answers of several blocks, in the styles that models write: what is taken, and where a backend may stop.

Every answer is read twice, whole and as far as a backend generates it that stops where the code is settled; both must give
the same code. Names are as a task would ask for them, and as the same answer is read where nobody asks.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from textwrap import dedent

import pytest
import torch
from answer_texts import PROGRAMS, QUERIES, QUERY_TEXT, SCRIPTS, TRIPLE, TRIPLES, block
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evals.asked import asked_names
from evals.extract import extract_code, is_settled, left_thinking
from evals.models import hf
from evals.models.base import Prompt, Sampling
from evals.outlines import PROGRAM, QUERY
from evals.records import Case, Task


def generated(text: str, language: str, asked: Collection[str] | None) -> str:
    """What a backend returns that looks at every fence that stands alone on its line."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line.strip() and not line.strip().strip("`"):
            upto = "\n".join(lines[: number + 1])
            if is_settled(upto, language, asked):
                return upto
    return text


def taken(text: str, asked: Collection[str] = (), language: str = "python") -> str:
    """The code, which must be the same of the text that a backend stops at."""
    found = extract_code(text, language, asked)
    assert extract_code(generated(text, language, frozenset(asked)), language, asked) == found
    assert found is not None
    return found.code


def value_of(code: str, call: str) -> object:
    names: dict[str, object] = {"__name__": "answer"}
    exec(compile(code, "answer", "exec"), names)
    return eval(call, names)


@pytest.mark.parametrize("text", TRIPLES.values(), ids=TRIPLES.keys())
def test_the_function_that_is_asked_for_is_taken(text: str) -> None:
    assert [value_of(taken(text, {"triple"}), f"triple({x})") for x in (2, -1, 0)] == [6, -3, 0]


@pytest.mark.parametrize("text", TRIPLES.values(), ids=TRIPLES.keys())
def test_where_nobody_asks_the_function_is_found_by_what_the_blocks_say(text: str) -> None:
    assert [value_of(taken(text), f"triple({x})") for x in (2, -1, 0)] == [6, -3, 0]


@pytest.mark.parametrize("text", TRIPLES.values(), ids=TRIPLES.keys())
def test_where_a_backend_is_told_nothing_it_stops_at_no_wrong_block(text: str) -> None:
    found = extract_code(generated(text, "", None))
    assert found is not None and value_of(found.code, "triple(-1)") == -3


NO_END = hf._Ends(tokens=frozenset())


def spoken(text: str, prompt: Prompt) -> hf._Answer:
    """The answer of the hf backend whose model says this text, a character a token."""

    def as_text(said: list[int]) -> str:
        return "".join(map(chr, said))

    answer = hf._Answer(index=0, generator=torch.Generator(), prompt=prompt)
    for character in text:
        if answer.reason is None:
            answer.take(ord(character), character, NO_END, Sampling(max_new_tokens=2000), lambda said: "".join(map(chr, said)))
    return answer


@pytest.mark.parametrize("text", TRIPLES.values(), ids=TRIPLES.keys())
def test_the_hf_backend_and_one_that_returns_the_whole_text_agree(text: str) -> None:
    asked = frozenset({"triple"})
    said = spoken(text, Prompt(messages=(), language="python", asked=asked)).text
    assert text.startswith(said)
    assert extract_code(said, "python", asked) == extract_code(text, "python", asked)


def test_the_hf_backend_stops_at_the_code_and_not_at_a_command_before_it() -> None:
    asked = Prompt(messages=(), language="python", asked=frozenset({"triple"}))
    answer = spoken(f"{TRIPLES['an install command first']}It triples.", asked)
    assert (answer.reason, answer.text) == ("code_block", TRIPLES["an install command first"].rstrip())
    assert spoken("```bash\npip install numlib\n```", asked).reason is None
    assert spoken(block(TRIPLE), Prompt(messages=())).reason == "code_block"
    assert spoken(block(TRIPLE), Prompt(messages=(), language="python", asked=frozenset())).reason is None
    answer = hf._Answer(index=0, generator=torch.Generator(), prompt=asked, thinking="<think>\n")
    answer.take(0, "```", NO_END, Sampling(), lambda said: block(TRIPLE).rstrip())
    assert answer.reason is None


STACK = "class Stack:\n    def __init__(self):\n        self.items = []\n\n    def push(self, x):\n        self.items.append(x)\n"
FULL_STACK = STACK + "\n    def pop(self):\n        return self.items.pop()\n"


def test_functions_in_blocks_of_their_own_are_one_answer() -> None:
    parts = ["def total(xs):\n    return sum(xs)\n", "def pack(s):\n    return [s]\n\ndef tidy(xs):\n    xs.sort()\n"]
    text = f"First the idea:\n\n```text\nadd them\n```\n\nThen\n\n{block(parts[0])}\nand\n\n{block(parts[1])}"
    for asked in ((), {"total", "pack"}, {"total", "pack", "tidy"}):
        assert value_of(taken(text, asked), "(total([1, 2]), pack('a'), tidy([]))") == (3, ["a"], None)


def test_a_class_with_more_methods_takes_the_place_of_one_with_fewer() -> None:
    text = f"The class:\n{block(STACK)}Now with `pop`:\n{block(FULL_STACK)}"
    assert taken(text, {"Stack", "Stack.pop"}) == FULL_STACK
    assert taken(text) == FULL_STACK


def test_a_definition_that_waits_for_a_later_one_ends_no_answer() -> None:
    first = block("def triple(x):\n    return _times(x, 3)\n")
    assert not is_settled(first.rstrip(), "python", {"triple"})
    assert is_settled(block(TRIPLE).rstrip(), "python", {"triple"})


def test_a_block_of_helpers_is_left_out_where_the_answer_does_without() -> None:
    text = "For the examples:\n" + block("def show(x):\n    print(x)\n") + "And:\n" + block(TRIPLE)
    assert taken(text, {"triple"}) == TRIPLE


def test_future_statements_stay_first() -> None:
    parts = ["def one():\n    return 1\n", "from __future__ import annotations\n\ndef two():\n    return 2\n"]
    code = taken(f"A helper:\n{block(parts[0])}Then:\n{block(parts[1])}", {"one", "two"})
    assert value_of(code, "one() + two()") == 3


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_program_is_taken_with_all_that_it_needs(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("builtins.input", lambda: "3")
    exec(compile(taken(text, {PROGRAM}), "answer", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out == "4\n"


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_the_function_of_a_script_is_taken(text: str) -> None:
    for asked in ({"up"}, ()):
        code = taken(text, asked, "javascript")
        assert "return x + 1" in code and "console.log" not in code and "one" not in code and "TODO" not in code


def test_a_script_in_parts_is_joined_and_imports_what_it_needs_once() -> None:
    one = "const fs = require('fs');\nfunction lines(name) {\n  return fs.readFileSync(name, 'utf8').split('\\n');\n}\n"
    two = "const fs = require('fs');\nconst count = (name) => lines(name).length;\nmodule.exports = { count };\n"
    for text in (f"A helper:\n{block(one, 'js')}Then\n{block(two, 'js')}", f"{block(two, 'js')}with\n{block(one, 'js')}"):
        for asked in ({"count"}, ()):
            code = taken(text, asked, "javascript")
            assert "function lines" in code and "const count" in code and code.count("require('fs')") == 1


def test_types_of_typescript_in_a_block_of_their_own_come_along() -> None:
    text = "The types:\n" + block("interface P {\n  x: number;\n}\n", "ts")
    text += "The function:\n" + block("export function f(p: P): number {\n  return p.x;\n}\n", "ts")
    assert "return p.x" in taken(text, {"f"}, "typescript")


@pytest.mark.parametrize("text", QUERIES.values(), ids=QUERIES.keys())
def test_the_query_that_answers_is_taken(text: str) -> None:
    assert taken(text, {QUERY}, "sql") == QUERY_TEXT
    assert taken(text, (), "sql") == QUERY_TEXT


def diff(name: str, new: str = "new") -> str:
    return f"--- a/{name}\n+++ b/{name}\n@@ -1 +1 @@\n-old\n+{new}\n"


def test_a_diff_is_read_to_its_end() -> None:
    text = f"```bash\ngit apply fix.diff\n```\nFirst `x.py`:\n{block(diff('x.py'), 'diff')}then:\n{block(diff('y.py'), 'diff')}"
    assert taken(text, (), "diff") == diff("x.py") + diff("y.py")
    assert generated(text, "diff", frozenset()) == text


def test_a_long_diff_with_fences_in_its_lines_is_not_cut() -> None:
    body = "--- a/README.md\n+++ b/README.md\n@@ -1 +1,99 @@\n" + "+```\n+text\n" * 60
    assert taken(block(body, "diff"), (), "diff") == body


@pytest.mark.parametrize(
    ("language", "answer", "asked"),
    [
        ("python", "Install it:\n```bash\npip install numlib\n```", {"triple"}),
        ("python", "It gives\n```\n6\n```", {"triple"}),
        ("python", "A helper:\n" + block("def _times(x, n):\n    return n * x\n"), {"triple"}),
        ("python", "The outline:\n" + block("def triple(x):\n    pass\n"), {"triple"}),
        ("python", "First version:\n" + block(TRIPLE), {"triple"}),
        ("python", '```python\ndef triple(x):\n    """\n```', {"triple"}),
        ("python", block("def f(:\n"), {"f"}),
        ("python", block(TRIPLE), ()),
        ("python", "```js\nfunction triple(x) { return 3 * x }\n```", {"triple"}),
        ("sql", block("CREATE TABLE t (a INT);\n", "sql"), {QUERY}),
        ("sql", block("WITH s AS (SELECT 1)\n", "sql"), {QUERY}),
        ("sql", block("SELECT a FROM (SELECT 1\n", "sql"), {QUERY}),
        ("diff", block(diff("x.py"), "diff"), {"x.py"}),
    ],
)
def test_what_is_not_the_answer_yet_ends_none(language: str, answer: str, asked: Collection[str]) -> None:
    assert not is_settled(answer.rstrip("\n"), language, asked)


def test_a_draft_in_thinking_that_the_prompt_opened_ends_no_answer() -> None:
    assert left_thinking("<|im_start|>assistant\n<think>\n") == "<think>\n"
    assert left_thinking("assistant\n<think>\n\n</think>\n\n") == left_thinking("what is <think>?") == ""
    draft = block(TRIPLE).rstrip()
    assert not is_settled("<think>\n" + draft, "python", {"triple"})
    assert is_settled(f"<think>\n{draft}\nYes.\n</think>\n{draft}", "python", {"triple"})


def task(**values: object) -> Task:
    return Task.model_validate({"id": "t", "suite": "s", "split": "train", "group": "t", "prompt": "p", "golden": "", **values})


def test_names_are_those_of_the_golden_that_the_checks_use() -> None:
    golden = f"{FULL_STACK}\ndef _helper(): ...\n\ndef roman(n): ...\n"
    checks = "s = Stack()\ns.push(1)\nassert s.pop() == 1\nassert roman(1) == 'I'"
    assert asked_names(task(golden=golden, checks=checks)) == {"Stack", "Stack.push", "Stack.pop", "roman"}
    assert asked_names(task(golden=golden, entry="roman", fuzz="def inputs(r): ...")) == {"roman"}


def test_names_of_every_kind_are_safe_to_ask_for() -> None:
    assert asked_names(task(kind="stdin", golden="print(1)", cases=[Case(stdout="1")])) == {PROGRAM}
    assert asked_names(task(kind="sql", language="sql", golden="SELECT 1")) == {QUERY}
    assert asked_names(task(kind="patch", golden=diff("x.py"))) == frozenset()
    script = "export const up = (x) => x + 1;\nfunction _inner() {}\n"
    assert asked_names(task(language="javascript", golden=script, checks="console.assert(up(1) === 2)")) == {"up"}
    page = "export default function App() { return <p>hi</p>; }\n"
    tests = {"App.test.tsx": "import App from './App';\n"}
    assert asked_names(task(kind="tests", language="tsx", golden=page, entry="App.tsx", tests=tests)) == {"App"}
    for odd in ({"language": "klingon"}, {"golden": "def f(:"}, {"golden": "\0"}, {"kind": "a.b:C"}):
        assert asked_names(task(**odd)) == frozenset()


PIECES = [
    block(TRIPLE),
    block("def triple(x):\n    pass\n"),
    block("def other(x):\n    return triple(x)\n"),
    block("print(triple(2))\n"),
    block("def triple(x):\n    return other(x)\n", ""),
    block('def triple(x):\n    """\n```\n    """\n    return 3 * x\n'),
    block("pip install x\n", "bash"),
    block("6\n", ""),
    "```python\n",
    "```\n",
    "``` and\n",
    "First, a helper:\n",
    "Alternatively:\n",
    "Here is the complete code:\n",
    "Your code:\n",
    "prose\n",
    "<think>\n",
    "</think>\n",
    '"""\n',
]


@settings(max_examples=300, deadline=None)
@example(["```python\n", '"""\n', block(TRIPLE), '"""\n'], {"triple"})  # all of it is one docstring
@given(st.lists(st.sampled_from(PIECES), max_size=8), st.sampled_from([{"triple"}, {"triple", "other"}, {PROGRAM}]))
def test_a_text_that_was_stopped_gives_the_code_of_the_whole(pieces: list[str], asked: set[str]) -> None:
    text = "".join(pieces)
    stopped = generated(text, "python", asked)
    if "</think>" in text[len(stopped) :]:
        return  # a thought that nobody opened: known by its end only
    assert extract_code(stopped, "python", asked) == extract_code(text, "python", asked)


LONG = 60_000
HOSTILE = {
    "blocks": block(TRIPLE) * (LONG // 40),
    "stubs": block("def triple(x): pass\n") * (LONG // 30),
    "openings": "```python\n" * (LONG // 10),
    "fences at ends of lines": "```python\n" + "(```\n" * (LONG // 5),
    "words behind fences": "```python\n(\n" + "``` x\n" * (LONG // 6),
    "quotes": "```sql\nselect " + "'" * LONG + "\n```",
    "comments": "```sql\nselect " + "/* " * (LONG // 3) + "\n```",
    "brackets": "```sql\nselect " + "(" * LONG + "\n```",
    "lines of prose": "first " * (LONG // 6) + "\n" + block(TRIPLE),
    "names": block("".join(f"def f{n}(): return f{n + 1}()\n" for n in range(2000))),
    "chains": "".join(block(f"def f{n}(): return f{n + 1}()\n") for n in range(600)),
}


@pytest.mark.parametrize("language", ["python", "javascript", "sql", "diff"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_any_text_is_read_in_bounded_time(text: str, language: str) -> None:
    started = time.thread_time()
    for asked in ((), {"triple", "f0"}):
        extract_code(text, language, asked)
        is_settled(text, language, asked)
    assert time.thread_time() - started < 10


@given(st.text(alphabet="`~\n abpython()'\"\\/*-:;", max_size=200), st.sampled_from(["python", "javascript", "sql", "diff", ""]))
def test_any_text_can_be_asked_whether_it_is_settled(text: str, language: str) -> None:
    assert is_settled(text, language, None) in {True, False}
    assert is_settled(text, language, {"a"}) in {True, False}


def test_text_as_people_indent_it_is_read_as_it_stands() -> None:
    text = dedent(
        """
        1. Install:

           ```bash
           pip install numlib
           ```

        2. Write:

           ```python
           def triple(x):
               return 3 * x
           ```
        """
    )
    assert taken(text, {"triple"}) == TRIPLE
