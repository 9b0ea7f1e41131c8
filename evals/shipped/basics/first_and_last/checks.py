assert first_and_last([1, 2, 3]) == [1, 3]
assert first_and_last([4]) == [4, 4]
assert first_and_last(["a", "b"]) == ["a", "b"]
