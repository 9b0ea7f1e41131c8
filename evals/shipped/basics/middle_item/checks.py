assert middle_item([1, 2, 3]) == 2
assert middle_item(["a"]) == "a"
assert middle_item([5, 4, 3, 2, 1]) == 3
