assert join_lines(["a", "b"]) == "a\nb"
assert join_lines(["x"]) == "x"
assert join_lines([]) == ""
