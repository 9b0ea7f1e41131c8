"""Code extraction: one property of completions a test."""

from __future__ import annotations

import pytest

from evals.extract import Extraction, extract_code

CODE = "def f(x):\n    return x + 1\n"
OTHER = "def g(x):\n    return 0\n"


def code(completion: str, language: str = "python") -> str:
    found = extract_code(completion, language)
    assert found is not None
    return found.code


@pytest.mark.parametrize("tag", ["python", "py", "python3", "Python", "python title=a.py"])
def test_a_fenced_block_is_taken(tag: str) -> None:
    assert extract_code(f"```{tag}\n{CODE}```") == Extraction(code=CODE, how="fence")


def test_prose_around_a_fence_is_dropped() -> None:
    assert code(f"Here you are:\n\n```python\n{CODE}```\n\nIt adds one.") == CODE


def test_a_fence_cut_off_by_the_length_limit_is_taken_to_its_end() -> None:
    assert code(f"```python\n{CODE}") == CODE


def test_tildes_are_fences() -> None:
    assert code(f"~~~python\n{CODE}~~~\nprose") == CODE


def test_a_longer_fence_holds_a_shorter_one() -> None:
    body = 'def f():\n    """\n```\nexample\n```\n    """\n'
    assert code(f"````python\n{body}````\n") == body


def test_windows_line_ends_close_a_fence() -> None:
    assert code(f"```python\n{CODE}```\nprose".replace("\n", "\r\n")) == CODE


def test_a_fence_indented_in_a_list_is_taken_without_its_indentation() -> None:
    indented = "".join(f"   {line}\n" for line in ["```python", *CODE.splitlines(), "```"])
    assert code(f"1. Answer:\n\n{indented}") == CODE


def test_the_first_defining_block_wins_over_a_usage_example() -> None:
    assert code(f"```python\nprint(f(1))\n```\nwith\n```python\n{CODE}```\n") == CODE


def test_the_first_of_two_definitions_wins() -> None:
    assert code(f"```python\n{CODE}```\nor\n```python\n{OTHER}```") == CODE


def test_a_block_of_the_tasks_language_wins_over_others() -> None:
    assert code(f"```bash\npip install x\n```\n```python\n{CODE}```") == CODE


def test_an_untagged_block_is_taken_where_no_other_is() -> None:
    assert extract_code(f"```\n{CODE}```") == Extraction(code=CODE, how="any_fence")


def test_an_untagged_definition_wins_over_an_untagged_command() -> None:
    assert code(f"```\npip install x\n```\nthen\n```\n{CODE}```") == CODE


def test_an_empty_block_is_no_answer() -> None:
    assert code(f"```python\n```\n```python\n{CODE}```") == CODE


def test_bare_code_is_taken() -> None:
    assert extract_code(CODE) == Extraction(code=CODE, how="bare")


def test_prose_around_bare_code_is_cut_off() -> None:
    assert code(f"Sure, here it is:\n\n{CODE}\nThis function adds one.\n").strip() == CODE.strip()


def test_bare_imports_and_decorators_belong_to_the_code() -> None:
    body = f"from functools import cache\n\n@cache\n{CODE}"
    assert code(body) == body


@pytest.mark.parametrize("tag", ["think", "thinking", "THINK"])
def test_a_draft_in_thinking_is_no_answer(tag: str) -> None:
    assert code(f"<{tag}>\n```python\n{OTHER}```\n</{tag}>\n```python\n{CODE}```") == CODE


def test_thinking_that_the_template_opened_is_no_answer() -> None:
    assert code(f"Maybe:\n```python\n{OTHER}```\n</think>\n```python\n{CODE}```") == CODE


def test_thinking_without_an_end_is_no_answer() -> None:
    assert extract_code(f"<think>\n```python\n{OTHER}```\nHmm, but") is None


def test_code_that_handles_thinking_tags_stays_whole() -> None:
    body = 'def f(s):\n    return re.sub("<think>.*</think>", "", s)\n'
    assert code(f"```python\n{body}```") == body


@pytest.mark.parametrize("completion", ["", "   \n", "I cannot do that.", "```\n\n```"])
def test_no_code_is_none(completion: str) -> None:
    assert extract_code(completion) is None


def test_sql_in_a_fence_is_taken() -> None:
    assert code("Use:\n```sql\nSELECT 1\n```\n", "sql") == "SELECT 1\n"


def test_a_query_wins_over_other_statements() -> None:
    assert code("```sql\nCREATE TABLE t (a INT);\n```\n```sql\nSELECT a FROM t\n```", "sql") == "SELECT a FROM t\n"


def test_bare_sql_ends_at_the_first_blank_line() -> None:
    assert code("The query:\nselect a\nfrom t\n\nIt reads t.", "sql").strip() == "select a\nfrom t"


SCRIPT = "export function f(x) {\n  return x + 1;\n}\n"
DIFF = "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-old\n+new\n"
QUERY = "SELECT a FROM t\n"


@pytest.mark.parametrize(
    ("language", "tags", "body"),
    [
        ("python", ["python", "py", "py3", "python3", "ipython", "python:solution.py", "{.python}", ""], CODE),
        ("javascript", ["js", "javascript", "node", "jsx", "mjs"], SCRIPT),
        ("typescript", ["ts", "typescript", "tsx"], SCRIPT),
        ("tsx", ["tsx", "jsx", "ts", "react"], SCRIPT),
        ("jsx", ["jsx", "js", "tsx"], SCRIPT),
        ("sql", ["sql", "SQL", "duckdb", "postgresql", "mysql"], QUERY),
        ("diff", ["diff", "patch", "udiff"], DIFF),
    ],
)
def test_every_language_is_known_by_its_tags(language: str, tags: list[str], body: str) -> None:
    for tag in tags:
        assert code(f"Here you are:\n\n```{tag}\n{body}```\nDone.", language) == body


def test_a_fence_on_the_line_of_a_lists_mark_is_a_fence() -> None:
    indented = "".join(f"   {line}\n" for line in [*CODE.splitlines(), "```"])
    assert code(f"1. ```python\n{indented}2. Then call it.\n") == CODE
    assert code("- ```py\n" + "".join(f"  {line}\n" for line in [*CODE.splitlines(), "```"])) == CODE


def test_a_fence_after_prose_on_its_line_is_a_fence() -> None:
    assert code(f"Here is the code: ```python\n{CODE}```\nand its use: ```python\nf(1)\n```\n") == CODE


def test_a_fence_at_the_end_of_the_last_line_ends_the_block() -> None:
    assert code(f"```python\n{CODE.rstrip()}```\n\nIt adds one.\n\n```python\nf(1)\n```") == CODE


@pytest.mark.parametrize("indent", ["", "  ", "    "])
def test_fences_in_a_docstring_are_part_of_it(indent: str) -> None:
    body = f'def f(x):\n    """Adds.\n\n{indent}```\n{indent}f(1)\n{indent}```\n    """\n    return x + 1\n'
    assert code(f"```python\n{body}```\nprose\n```python\nf(2)\n```") == body


def test_a_fence_in_a_template_of_a_script_is_part_of_it() -> None:
    body = "function f(x) {\n  return `\n\\`\\`\\`\n` + x;\n}\n"
    assert code(f"```js\n{body}```\nprose", "javascript") == body


def test_code_that_does_not_compile_ends_at_its_first_fence() -> None:
    assert code("```python\ndef f(:\n```\nand\n```python\nf(1)\n```") == "def f(:\n"


def test_code_within_a_line_opens_no_block() -> None:
    assert code(f"Use ```f(1)``` so:\n```python\n{CODE}```") == CODE


def test_half_a_closing_fence_is_no_code() -> None:
    assert code(f"```python\n{CODE}``") == CODE.rstrip("\n")


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("<think>", "</think>"),
        ("<thought>", "</thought>"),
        ("<reasoning>", "</reasoning>"),
        ("<seed:think>", "</seed:think>"),
        ("[THINK]", "[/THINK]"),
        ("◁think▷", "◁/think▷"),
        ("<|begin_of_thought|>", "<|end_of_thought|>"),
        ("<|START_THINKING|>", "<|END_THINKING|>"),
        ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ],
)
def test_thinking_of_every_family_is_no_answer(opening: str, closing: str) -> None:
    draft = f"Let me try:\n```python\n{OTHER}```\nNo."
    assert code(f"{opening}\n{draft}\n{closing}\n```python\n{CODE}```") == CODE
    assert extract_code(f"{opening}\n{draft}") is None


def test_a_tag_that_code_handles_ends_no_thinking() -> None:
    body = 'def f(s):\n    return s.split("</think>")[1]\n'
    assert code(f"```python\n{body}```") == body


def test_prompts_of_a_session_are_no_code() -> None:
    session = ">>> def f(x):\n...     return x + 1\n...\n>>> f(1)\n2\n"
    typed = f"{CODE}\nf(1)\n"
    assert code(f"```python\n{session}```") == typed
    assert code(f"For example:\n\n{session}") == typed
    assert code(f"```pycon\n>>> f(1)\n2\n```\n```python\n{CODE}```") == CODE


def test_escapes_of_html_are_undone_where_the_code_needs_it() -> None:
    body = "def f(x):\n    return x < 1 and x > -1\n"
    escaped = body.replace("<", "&lt;").replace(">", "&gt;")
    assert code(f"```python\n{escaped}```") == body
    assert code(f'<pre><code class="language-python">\n{escaped}</code></pre>') == body
    script = "function f(x) {\n  return x &lt; 1 &amp;&amp; x > -1;\n}\n"
    assert code(f"```js\n{script}```", "javascript") == script.replace("&lt;", "<").replace("&amp;", "&")
    kept = 'def f(s):\n    return s.replace("<", "&lt;")\n'
    assert code(f"```python\n{kept}```") == kept


def test_code_in_an_object_of_json_is_taken_out() -> None:
    wrapped = '{"reasoning": "def is a word", "code": "def f(x):\\n    return x + 1\\n"}'
    assert code(wrapped) == CODE
    assert code(f"```json\n{wrapped}\n```") == CODE
    assert code('{"answer": "```python\\ndef f(x):\\n    return x + 1\\n```"}') == CODE


def test_constants_above_bare_code_belong_to_it() -> None:
    body = f"LIMIT = 10\n\n{CODE}"
    assert code(f"{body}\nThis adds one.") == body
    assert code(f"Sure:\n\n{body}\nThis adds one.") == body


def test_a_bare_program_without_definitions_is_code() -> None:
    assert code("n = int(input())\nprint(n + 1)\n") == "n = int(input())\nprint(n + 1)\n"


def test_prose_that_begins_like_code_is_none() -> None:
    assert code(f"import statements come first:\n\n{CODE}") == CODE


def test_bare_code_indented_as_a_block_is_taken() -> None:
    assert code("So:\n\n" + "".join(f"    {line}\n" for line in CODE.splitlines()) + "\nIt adds one.").strip() == CODE.strip()


def test_bare_sql_goes_to_its_semicolon() -> None:
    query = "WITH s AS (SELECT a FROM t)\n\nSELECT a\nFROM s;"
    assert code(f"With this query you see it:\n\n{query}\n\nIt reads t.", "sql") == query


def test_diffs_of_several_files_in_blocks_are_one() -> None:
    other = DIFF.replace("x.py", "y.py")
    assert code(f"First:\n```diff\n{DIFF}```\nthen:\n```diff\n{other}```", "diff") == DIFF + other
    assert code(f"```diff\n{DIFF}```\nor:\n```diff\n{DIFF.replace('new', 'newer')}```", "diff") == DIFF


def test_a_fence_in_a_files_context_is_part_of_the_diff() -> None:
    body = "--- a/README.md\n+++ b/README.md\n@@ -1,3 +1,3 @@\n ```\n-old\n+new\n ```\n"
    assert code(f"```diff\n{body}```", "diff") == body


def test_marks_of_byte_order_and_old_line_ends_are_no_code() -> None:
    assert code("\ufeff" + CODE) == CODE
    assert code(f"```python\n{CODE}```\n".replace("\n", "\r")) == CODE


def test_the_head_of_a_hunk_is_no_decorator() -> None:
    assert extract_code(DIFF) is None
    assert code(f"So:\n\n{DIFF}", "diff") == DIFF


def test_half_of_a_surrogate_pair_can_be_stored() -> None:
    assert code("```python\nx = '\ud800'\n```") == "x = '\ufffd'\n"
