assert auction_premium(40000) == {"cents": 5600, "currency": "EUR"}
assert auction_premium(3775) == {"cents": 529, "currency": "EUR"}
assert auction_premium(524) == {"cents": 73, "currency": "EUR"}
assert auction_premium(0) == {"cents": 0, "currency": "EUR"}
assert auction_premium(123456700) == {"cents": 17283938, "currency": "EUR"}
