assert bakery_order_price(10, 0, True) == {"cents": 400, "currency": "EUR"}
assert bakery_order_price(10, 1, False) == {"cents": 2790, "currency": "EUR"}
assert bakery_order_price(0, 2, False) == {"cents": 3780, "currency": "EUR"}
assert bakery_order_price(74, 0, False) == {"cents": 3460, "currency": "EUR"}
assert bakery_order_price(75, 0, False) == {"cents": 3000, "currency": "EUR"}
