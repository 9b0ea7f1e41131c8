assert ticket_group_price(1600, 10) == {"cents": 14000, "currency": "EUR"}
assert ticket_group_price(1600, 9) == {"cents": 14400, "currency": "EUR"}
assert ticket_group_price(2, 10) == {"cents": 17, "currency": "EUR"}
assert ticket_group_price(0, 12) == {"cents": 0, "currency": "EUR"}
