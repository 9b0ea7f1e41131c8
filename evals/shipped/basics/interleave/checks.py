assert interleave([1, 3], [2, 4]) == [1, 2, 3, 4]
assert interleave([], []) == []
assert interleave(["a"], ["b"]) == ["a", "b"]
