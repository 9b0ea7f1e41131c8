assert unique_count([1, 1, 2]) == 2
assert unique_count([]) == 0
assert unique_count(["a", "b", "c"]) == 3
