assert longest_list([[1], [1, 2], []]) == [1, 2]
assert longest_list([[1], [2]]) == [1]
assert longest_list([[]]) == []
