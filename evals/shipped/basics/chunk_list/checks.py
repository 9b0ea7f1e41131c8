assert chunk_list([1, 2, 3, 4], 2) == [[1, 2], [3, 4]]
assert chunk_list([1, 2, 3], 2) == [[1, 2], [3]]
assert chunk_list([], 3) == []
assert chunk_list([1, 2], 5) == [[1, 2]]
