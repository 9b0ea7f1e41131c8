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
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.asked import asked_names
from evals.extract import extract_code, is_settled, left_thinking
from evals.models import hf
from evals.models.base import Prompt, Sampling
from evals.outlines import PROGRAM, QUERY
from evals.records import Case, Task

TRIPLE = "def triple(x):\n    return 3 * x\n"


def block(code: str, tag: str = "python") -> str:
    return f"```{tag}\n{code}```\n"


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


TRIPLES = {
    "plain": block(TRIPLE),
    "an install command first": f"First get the package:\n```bash\npip install numlib\n```\nThen:\n{block(TRIPLE)}",
    "an install command without a tag": f"```\npip install numlib\n```\n\n{block(TRIPLE)}",
    "an install command in a block of Python": f"```python\n!pip install numlib\n```\n\n{block(TRIPLE)}",
    "an output first": f"For 2 it should give\n```\n6\n```\nso here it is:\n{block(TRIPLE)}",
    "an output that is tagged": f"Expected:\n```text\n>>> triple(2)\n6\n```\n### Solution\n{block(TRIPLE)}",
    "data first": f'Input:\n```json\n{{"x": 2}}\n```\n{block(TRIPLE, "py")}',
    "a helper first": "A helper first:\n"
    + block("def _times(x, n):\n    return n * x\n")
    + "Then the function:\n"
    + block("def triple(x):\n    return _times(x, 3)\n"),
    "a helper last": block("def triple(x):\n    return _times(x, 3)\n")
    + "where `_times` is\n"
    + block("def _times(x, n):\n    return n * x\n"),
    "imports in a block of their own": "We need `math`:\n"
    + block("import math\n")
    + "Now the function:\n"
    + block("def triple(x):\n    return math.prod([3, x])\n"),
    "a constant in a block of its own": "Step 1: the factor\n"
    + block("FACTOR = 3\n")
    + "Step 2: the function\n"
    + block("def triple(x):\n    return FACTOR * x\n"),
    "a stub first": "The signature:\n" + block("def triple(x):\n    pass\n") + "Filled in:\n" + block(TRIPLE),
    "a stub with a docstring": block('def triple(x):\n    """Three times x."""\n    ...\n') + "So:\n" + block(TRIPLE),
    "a stub that raises": block("def triple(x):\n    raise NotImplementedError\n") + "\n" + block(TRIPLE),
    "the buggy code first": "Your original code is\n"
    + block("def triple(x):\n    return x + 3\n")
    + "It adds instead of multiplying. Here is the corrected version:\n"
    + block(TRIPLE),
    "a naive version first": "Let's start with a naive version:\n"
    + block("def triple(x):\n    return sum(x for _ in range(x))\n")
    + "This is wrong below zero. Multiplying works:\n"
    + block(TRIPLE),
    "a usage example after": block(TRIPLE) + "Usage:\n" + block("from answer import triple\nprint(triple(2))\n"),
    "a usage example first": "You want to write\n" + block("y = triple(2)\nprint(y)\n") + "for which you need\n" + block(TRIPLE),
    "an example with a class after": block(TRIPLE)
    + "You can use it like this:\n"
    + block("from answer import triple\n\nclass Thing:\n    size = triple(2)\n"),
    "tests after": block(TRIPLE)
    + "Tests:\n"
    + block("import pytest\nfrom answer import triple\n\ndef test_triple():\n    assert triple(2) == 6\n"),
    "a second way": block(TRIPLE) + "Alternatively:\n" + block("def triple(x):\n    return nothing(x)\n"),
    "another way by another name": block(TRIPLE) + "Or, shorter:\n" + block("def triple(x): return x +\n"),
    "a lambda": block("triple = lambda x: 3 * x\n") + "\n" + block("print(triple(2))\n"),
    "a fence within a docstring": block(
        'def triple(x):\n    """Three times.\n\n```python\ntriple(2)\n```\n    """\n    return 3 * x\n'
    ),
    "a fence within a string": block('HELP = """\n```\ntriple(2)\n```\n"""\n\ndef triple(x):\n    return 3 * x\n'),
    "a closing fence forgotten": f"```python\n{TRIPLE}```python\nprint(triple(2))\n```\n",
    "words behind the closing fence": f"```python\n{TRIPLE}``` This triples.\n\n{block('triple(2)' + chr(10))}",
    "an answer as a document": f"```markdown\n# Answer\n\n{block(TRIPLE)}```\n",
    "a fence of four": f"````python\n{TRIPLE}````\n",
    "code without a fence beside an output in one": f"{TRIPLE}\nFor 2 this gives\n\n```\n6\n```\n",
    "an untagged answer after a tagged usage": "```python\nprint(triple(2))\n```\nwith\n```\n" + TRIPLE + "```\n",
    "thinking with a draft": f"<think>\n{block('def triple(x):' + chr(10) + '    return 1' + chr(10))}</think>\n{block(TRIPLE)}",
    "a traceback first": "Your code raises\n```\nTypeError: it's wrong\n```\n" + block(TRIPLE),
    "a line of it first": "The idea is to multiply:\n" + block("return 3 * x\n") + "As a function:\n" + block(TRIPLE),
    "pseudo-code first": "Pseudocode:\n" + block("function triple(x):\n  return 3*x\n", "") + block(TRIPLE),
    "wrong and right under headings": "### Incorrect\n"
    + block("def triple(x):\n    return 2 * x\n")
    + "### Correct\n"
    + block(TRIPLE),
    "before and after": "**Before:**\n" + block("def triple(x):\n    return 2 * x\n") + "**After:**\n" + block(TRIPLE),
    "where the bug is": "The bug is here:\n" + block("def triple(x):\n    return 2 * x\n") + "It should be:\n" + block(TRIPLE),
    "a type in a block of its own": "The type:\n"
    + block("from typing import Union\n\nNumber = Union[int, float]\n")
    + "The function:\n"
    + block("def triple(x: Number) -> Number:\n    return 3 * x\n"),
    "files of a project": "```\nproject/\n├── answer.py\n└── test.py\n```\n**answer.py**\n"
    + block(TRIPLE)
    + "**test.py**\n"
    + block("import unittest\nfrom answer import triple\n\nclass TestIt(unittest.TestCase):\n    pass\n\nunittest.main()\n"),
    "a block that was never closed": f"```python\ndef triple(x):\n    pass\n\nNow the code:\n\n{block(TRIPLE)}",
    "cut off after a fence within a docstring": '```python\ndef triple(x):\n    """\n    ```\n    triple\n    ```\n    """\n'
    "    return 3 * x",
    "code of an older Python beside it": block("def show(x):\n    print x\n") + "In Python 3:\n" + block(TRIPLE),
    "a change as a diff first": "```diff\n-def triple(x): return x\n+def triple(x): return 3*x\n```\nAll of it:\n"
    + block(TRIPLE),
    "all of it once more": "First the helper:\n"
    + block("def _times(x, n):\n    return n * x\n")
    + "Then:\n"
    + block("def triple(x):\n    return _times(x, 3)\n")
    + "Putting it all together:\n"
    + block("def _times(x, n):\n    return n * x\n\ndef triple(x):\n    return _times(x, 3)\n\nprint(triple(2))\n"),
}


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


def spoken(text: str, prompt: Prompt) -> hf._Answer:
    """The answer of the hf backend whose model says this text, a character a token."""

    def as_text(said: list[int]) -> str:
        return "".join(map(chr, said))

    answer = hf._Answer(index=0, generator=torch.Generator(), prompt=prompt)
    for character in text:
        if answer.reason is None:
            answer.take(
                ord(character), character, frozenset(), Sampling(max_new_tokens=2000), lambda said: "".join(map(chr, said))
            )
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
    answer.take(0, "```", frozenset(), Sampling(), lambda said: block(TRIPLE).rstrip())
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


PROGRAMS = {
    "plain": block("n = int(input())\nprint(n + 1)\n"),
    "a fragment first": "Reading the input:\n"
    + block("n = int(input())\n")
    + "All of it:\n"
    + block("n = int(input())\nprint(n + 1)\n"),
    "a function first": "The function:\n"
    + block("def up(n):\n    return n + 1\n")
    + "The program:\n"
    + block("print(up(int(input())))\n"),
    "a function with its program after": block("def up(n):\n    return n + 1\n")
    + "Complete program:\n"
    + block("def up(n):\n    return n + 1\n\nif __name__ == '__main__':\n    print(up(int(input())))\n"),
    "a sample first": "Sample:\n```\n3\n```\nprints\n```\n4\n```\n" + block("print(int(input()) + 1)\n"),
    "a run of it after": block("print(int(input()) + 1)\n") + "Run it:\n```bash\necho 3 | python answer.py\n```\n",
}


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_program_is_taken_with_all_that_it_needs(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("builtins.input", lambda: "3")
    exec(compile(taken(text, {PROGRAM}), "answer", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out == "4\n"


UP = "function up(x) {\n  return x + 1;\n}\n"
SCRIPTS = {
    "plain": block(UP, "javascript"),
    "an install command first": "```bash\nnpm install lodash\n```\n" + block(UP, "js"),
    "an output first": "It gives\n```\n[ 1, 2 ]\n```\n" + block(UP, "js"),
    "a stub first": block("function up(x) {\n  // TODO\n}\n", "js") + "So:\n" + block(UP, "js"),
    "a stub that throws": block("function up(x) {\n  throw new Error('Not implemented');\n}\n", "js") + block(UP, "js"),
    "a usage example after": block(UP, "js") + "Usage:\n" + block("const { up } = require('./up');\nconsole.log(up(1));\n", "js"),
    "a usage example first": block("console.log(up(1));\n", "js") + "with\n" + block(UP, "js"),
    "a fence in a template": block(
        "const HELP = `\n\\`\\`\\`\nup(1)\n\\`\\`\\`\n`;\nfunction up(x) {\n  return x + 1;\n}\n", "js"
    ),
    "a second way": block(UP, "js") + "Or with an arrow function:\n" + block("const up = (x) => x + one;\n", "js"),
}


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


QUERY_TEXT = "SELECT a FROM t WHERE a > 1;\n"
QUERIES = {
    "plain": block(QUERY_TEXT, "sql"),
    "a schema first": "The table:\n"
    + block("CREATE TABLE t (a INT);\nINSERT INTO t VALUES (1);\n", "sql")
    + block(QUERY_TEXT, "sql"),
    "a look first": "First, look at the table:\n"
    + block("SELECT * FROM t LIMIT 5;\n", "sql")
    + "Then:\n"
    + block(QUERY_TEXT, "sql"),
    "a part first": "Step 1: the groups\n"
    + block("WITH s AS (\n  SELECT a FROM t\n)\n", "sql")
    + "Full query:\n"
    + block(QUERY_TEXT, "sql"),
    "an outline first": block("SELECT ...\nFROM t\n", "sql") + "that is\n" + block(QUERY_TEXT, "sql"),
    "a result after": block(QUERY_TEXT, "sql") + "gives\n```\n| a |\n| 2 |\n```\n",
    "another way after": block(QUERY_TEXT, "sql") + "Alternatively:\n" + block("SELECT b FROM t;\n", "sql"),
    "a command first": "```bash\nduckdb my.db\n```\n" + block(QUERY_TEXT, "sql"),
}


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
