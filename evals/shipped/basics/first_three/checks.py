assert first_three([1, 2, 3, 4]) == [1, 2, 3]
assert first_three([1]) == [1]
assert first_three([]) == []
