assert drop_last([1, 2, 3]) == [1, 2]
assert drop_last([1]) == []
assert drop_last(["a", "b"]) == ["a"]
