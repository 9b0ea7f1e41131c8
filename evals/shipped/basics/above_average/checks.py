assert above_average([1, 2, 3]) == [3]
assert above_average([]) == []
assert above_average([5, 5]) == []
assert above_average([10, 0, 8]) == [10, 8]
