assert contract_fee(39000, False) == {"cents": 4290, "currency": "EUR"}
assert contract_fee(39000, True) == {"cents": 7290, "currency": "EUR"}
assert contract_fee(3750, False) == {"cents": 413, "currency": "EUR"}
assert contract_fee(512, True) == {"cents": 3056, "currency": "EUR"}
assert contract_fee(123456700, False) == {"cents": 13580237, "currency": "EUR"}
