assert membership_renewal_price(10000, 0) == {"cents": 10000, "currency": "EUR"}
assert membership_renewal_price(10000, 4) == {"cents": 9400, "currency": "EUR"}
assert membership_renewal_price(10000, 8) == {"cents": 8800, "currency": "EUR"}
assert membership_renewal_price(10000, 20) == {"cents": 8800, "currency": "EUR"}
assert membership_renewal_price(300, 1) == {"cents": 295, "currency": "EUR"}
