assert claim_excess(45000) == {"cents": 1125, "currency": "EUR"}
assert claim_excess(4500) == {"cents": 113, "currency": "EUR"}
assert claim_excess(575) == {"cents": 14, "currency": "EUR"}
assert claim_excess(0) == {"cents": 0, "currency": "EUR"}
assert claim_excess(123456700) == {"cents": 3086418, "currency": "EUR"}
