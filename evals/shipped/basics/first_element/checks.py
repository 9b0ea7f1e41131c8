assert first_element([4, 5, 6]) == 4
assert first_element(["x"]) == "x"
assert first_element([0, 1]) == 0
assert first_element([[1], 2]) == [1]
