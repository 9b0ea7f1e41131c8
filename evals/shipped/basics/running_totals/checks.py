assert running_totals([1, 2, 3]) == [1, 3, 6]
assert running_totals([]) == []
assert running_totals([5]) == [5]
assert running_totals([4, -4, 2]) == [4, 0, 2]
