assert remove_duplicates([1, 2, 1, 3, 2]) == [1, 2, 3]
assert remove_duplicates([3, 1, 3]) == [3, 1]
assert remove_duplicates([]) == []
assert remove_duplicates(["b", "a", "b", "b"]) == ["b", "a"]
