import pytest

from evals.graders.patches import PatchFault, apply_patch

TEN = "".join(f"line {n}\n" for n in range(1, 11))


def hunk(at: int, *lines: str, name: str = "a.txt") -> str:
    old, new = sum(line[0] != "+" for line in lines), sum(line[0] != "-" for line in lines)
    return f"--- a/{name}\n+++ b/{name}\n@@ -{at},{old} +{at},{new} @@\n" + "".join(f"{line}\n" for line in lines)


def test_a_hunk_changes_the_lines_that_it_names() -> None:
    changed = apply_patch({"a.txt": TEN}, hunk(4, " line 4", "-line 5", "+five", " line 6"))
    assert changed["a.txt"] == TEN.replace("line 5", "five")


def test_a_hunk_that_moved_is_found_by_its_context() -> None:
    changed = apply_patch({"a.txt": "new\n" * 7 + TEN}, hunk(4, " line 4", "-line 5", "+five", " line 6"))
    assert changed["a.txt"] == "new\n" * 7 + TEN.replace("line 5", "five")


def test_the_nearest_of_two_places_is_taken() -> None:
    text = "x\ny\n" + TEN + "x\ny\n"
    assert apply_patch({"a.txt": text}, hunk(12, " x", "-y", "+z"))["a.txt"] == "x\ny\n" + TEN + "x\nz\n"


def test_several_hunks_count_lines_of_the_old_file() -> None:
    diff = hunk(1, " line 1", "+one and a half", " line 2") + "@@ -9,2 +10,2 @@\n line 9\n-line 10\n+ten\n"
    expected = TEN.replace("line 2\n", "one and a half\nline 2\n", 1).replace("line 10", "ten")
    assert apply_patch({"a.txt": TEN}, diff)["a.txt"] == expected


def test_wrong_counts_in_a_header_do_no_harm() -> None:
    diff = "--- a/a.txt\n+++ b/a.txt\n@@ -4,9 +4,1 @@\n line 4\n-line 5\n+five\n line 6\n"
    assert apply_patch({"a.txt": TEN}, diff)["a.txt"] == TEN.replace("line 5", "five")


def test_files_are_created_deleted_and_renamed() -> None:
    diff = (
        "diff --git a/new.txt b/new.txt\nnew file mode 100644\n--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1,2 @@\n+one\n+two\n"
        "diff --git a/old.txt b/old.txt\ndeleted file mode 100644\n--- a/old.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n"
        "diff --git a/b.txt b/c/d.txt\nsimilarity index 100%\nrename from b.txt\nrename to c/d.txt\n"
    )
    assert apply_patch({"old.txt": "gone\n", "b.txt": "kept\n"}, diff) == {"new.txt": "one\ntwo\n", "c/d.txt": "kept\n"}


def test_a_renamed_file_can_change_too() -> None:
    diff = "diff --git a/a.txt b/b.txt\nrename from a.txt\nrename to b.txt\n" + hunk(5, "-line 5", "+five").replace(
        "+++ b/a.txt", "+++ b/b.txt"
    )
    assert apply_patch({"a.txt": TEN}, diff) == {"b.txt": TEN.replace("line 5", "five")}


def test_windows_line_ends_stay() -> None:
    changed = apply_patch({"a.txt": TEN.replace("\n", "\r\n")}, hunk(5, "-line 5", "+five"))
    assert changed["a.txt"] == TEN.replace("line 5", "five").replace("\n", "\r\n")


def test_a_missing_last_line_end_comes_and_goes() -> None:
    marker = "\\ No newline at end of file\n"
    head = "--- a/a\n+++ b/a\n@@ -1 +1 @@\n"
    assert apply_patch({"a": "x\n"}, f"{head}-x\n+y\n{marker}") == {"a": "y"}
    assert apply_patch({"a": "x"}, f"{head}-x\n{marker}+y\n") == {"a": "y\n"}
    assert apply_patch({"a": "x"}, f"{head}-x\n{marker}+y\n{marker}") == {"a": "y"}


def test_an_empty_context_line_may_have_lost_its_blank() -> None:
    diff = "--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n one\n\n-two\n+2\n"
    assert apply_patch({"a": "one\n\ntwo\n"}, diff) == {"a": "one\n\n2\n"}


def test_a_removed_line_that_looks_like_a_header_is_a_line() -> None:
    diff = "--- a/a.sql\n+++ b/a.sql\n@@ -1,2 +1,2 @@\n--- old\n+-- new\n select 1\n"
    assert apply_patch({"a.sql": "-- old\nselect 1\n"}, diff) == {"a.sql": "-- new\nselect 1\n"}


def test_untouched_files_stay_as_they_are() -> None:
    files = {"a.txt": TEN, "b.bin": "\r\n\0"}
    assert apply_patch(files, hunk(5, "-line 5", "+five"))["b.bin"] == "\r\n\0"
    assert files["a.txt"] == TEN


@pytest.mark.parametrize(
    ("diff", "place", "why"),
    [
        (hunk(4, "-line four", "+4"), "a.txt @@ -4,1 +4,1 @@", "no line 'line four'"),
        (hunk(4, " line 4", "-line 6", "+6"), "a.txt @@ -4,2 +4,2 @@", "are not adjacent"),
        (hunk(1, "-x", "+y", name="b.txt"), "b.txt", "no such file"),
        (hunk(1, "-x", "+y", name="../b.txt"), "../b.txt", "leaves the project"),
        ("--- /etc/passwd\n+++ /etc/passwd\n@@ -1 +1 @@\n-x\n+y\n", "/etc/passwd", "leaves the project"),
        ("--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1 @@\n+x\n", "a.txt", "exists already"),
        ("diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\n", "line 2", "no links"),
        ("diff --git a/l b/l\nGIT binary patch\nliteral 3\n", "GIT binary", "binary"),
        ("@@ -1 +1 @@\n-x\n+y\n", "line 1", "without the lines ---"),
        ("--- a/a.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-line 1\n", "a.txt", "leaves lines"),
        ("I would change line 5.", "", "expected a unified diff"),
    ],
)
def test_what_does_not_apply_is_named_with_its_place(diff: str, place: str, why: str) -> None:
    with pytest.raises(PatchFault) as caught:
        apply_patch({"a.txt": TEN}, diff)
    assert place in caught.value.place
    assert why in str(caught.value)
