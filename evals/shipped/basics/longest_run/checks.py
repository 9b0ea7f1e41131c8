assert longest_run([1, 1, 2]) == 2
assert longest_run([]) == 0
assert longest_run([3]) == 1
assert longest_run([1, 2, 2, 2, 1]) == 3
