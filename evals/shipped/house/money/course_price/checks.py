assert course_price(1550, 3) == {"cents": 5850, "currency": "EUR"}
assert course_price(998, 1) == {"cents": 2198, "currency": "EUR"}
assert course_price(2026, 11) == {"cents": 23486, "currency": "EUR"}
assert course_price(700, 0) == {"cents": 1200, "currency": "EUR"}
