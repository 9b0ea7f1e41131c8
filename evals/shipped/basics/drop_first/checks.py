assert drop_first([1, 2, 3]) == [2, 3]
assert drop_first([1]) == []
assert drop_first(["a", "b"]) == ["b"]
