assert rotate_left([1, 2, 3]) == [2, 3, 1]
assert rotate_left([]) == []
assert rotate_left([7]) == [7]
assert rotate_left(["a", "b"]) == ["b", "a"]
