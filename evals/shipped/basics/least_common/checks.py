assert least_common(["a", "b", "a"]) == "b"
assert least_common([1]) == 1
assert least_common([2, 3, 2, 3, 4]) == 4
