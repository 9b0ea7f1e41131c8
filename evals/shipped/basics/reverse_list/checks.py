assert reverse_list([1, 2, 3]) == [3, 2, 1]
assert reverse_list([]) == []
assert reverse_list(["a"]) == ["a"]
assert reverse_list([1, 1, 2]) == [2, 1, 1]
