assert negate_all([1, -2]) == [-1, 2]
assert negate_all([]) == []
assert negate_all([5]) == [-5]
