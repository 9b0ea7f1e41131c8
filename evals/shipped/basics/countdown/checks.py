assert countdown(3) == [3, 2, 1]
assert countdown(1) == [1]
assert countdown(0) == []
assert countdown(5) == [5, 4, 3, 2, 1]
