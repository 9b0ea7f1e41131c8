assert alternate_signs([1, 2, 3]) == [1, -2, 3]
assert alternate_signs([]) == []
assert alternate_signs([5, 5]) == [5, -5]
