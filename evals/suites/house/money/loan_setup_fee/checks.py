assert loan_setup_fee(1000000) == {"cents": 15000, "currency": "EUR"}
assert loan_setup_fee(50000) == {"cents": 2000, "currency": "EUR"}
assert loan_setup_fee(200300) == {"cents": 3005, "currency": "EUR"}
assert loan_setup_fee(133300) == {"cents": 2000, "currency": "EUR"}
