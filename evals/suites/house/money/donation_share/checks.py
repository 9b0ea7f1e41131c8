assert donation_share(10000, 2) == {"cents": 4855, "currency": "EUR"}
assert donation_share(500, 1) == {"cents": 485, "currency": "EUR"}
assert donation_share(500, 5) == {"cents": 97, "currency": "EUR"}
assert donation_share(10000, 3) == {"cents": 3236, "currency": "EUR"}
