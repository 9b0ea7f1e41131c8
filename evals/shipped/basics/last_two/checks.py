assert last_two([1, 2, 3]) == [2, 3]
assert last_two([1, 2]) == [1, 2]
assert last_two(["a", "b", "c"]) == ["b", "c"]
