assert case_counts("Ab c") == [1, 2]
assert case_counts("") == [0, 0]
assert case_counts("XYZ") == [3, 0]
