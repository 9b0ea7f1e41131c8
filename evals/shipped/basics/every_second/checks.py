assert every_second([1, 2, 3, 4]) == [1, 3]
assert every_second([]) == []
assert every_second([9]) == [9]
