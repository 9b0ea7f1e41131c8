assert numbers_up_to(3) == [1, 2, 3]
assert numbers_up_to(1) == [1]
assert numbers_up_to(0) == []
