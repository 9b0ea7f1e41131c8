assert supplier_commission(31000) == {"cents": 3720, "currency": "EUR"}
assert supplier_commission(2513) == {"cents": 302, "currency": "EUR"}
assert supplier_commission(428) == {"cents": 51, "currency": "EUR"}
assert supplier_commission(0) == {"cents": 0, "currency": "EUR"}
assert supplier_commission(123456700) == {"cents": 14814804, "currency": "EUR"}
