assert last_or_none([1, 2, 3]) == 3
assert last_or_none(["only"]) == "only"
assert last_or_none([]) is None
assert last_or_none([5, 0]) == 0
