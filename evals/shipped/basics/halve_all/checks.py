assert halve_all([2, 4]) == [1.0, 2.0]
assert halve_all([]) == []
assert halve_all([5]) == [2.5]
