assert average([1, 2, 3]) == 2
assert average([1, 2]) == 1.5
assert average([]) == 0
assert average([10]) == 10
