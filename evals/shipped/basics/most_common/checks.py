assert most_common([1, 2, 2, 3]) == 2
assert most_common(["a", "b", "a"]) == "a"
assert most_common([9]) == 9
assert most_common([5, 1, 1, 5, 1]) == 1
