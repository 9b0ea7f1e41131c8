assert orchestra_hire(2900, 3) == {"cents": 23700, "currency": "EUR"}
assert orchestra_hire(971, 1) == {"cents": 15971, "currency": "EUR"}
assert orchestra_hire(2053, 13) == {"cents": 41689, "currency": "EUR"}
assert orchestra_hire(700, 0) == {"cents": 15000, "currency": "EUR"}
