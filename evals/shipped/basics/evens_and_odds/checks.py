assert evens_and_odds([1, 2, 3, 4]) == [[2, 4], [1, 3]]
assert evens_and_odds([]) == [[], []]
assert evens_and_odds([5]) == [[], [5]]
assert evens_and_odds([8, 6]) == [[8, 6], []]
