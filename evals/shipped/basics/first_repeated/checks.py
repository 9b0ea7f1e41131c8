assert first_repeated([1, 2, 1, 2]) == 1
assert first_repeated([1, 2]) is None
assert first_repeated([]) is None
assert first_repeated(["a", "b", "b"]) == "b"
