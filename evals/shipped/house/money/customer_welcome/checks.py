assert customer_welcome(1503) == {"cents": 1003, "currency": "EUR"}
assert customer_welcome(501) == {"cents": 1, "currency": "EUR"}
assert customer_welcome(500) == {"cents": 0, "currency": "EUR"}
assert customer_welcome(437) == {"cents": 0, "currency": "EUR"}
