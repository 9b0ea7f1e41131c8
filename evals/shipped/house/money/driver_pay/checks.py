assert driver_pay(2100, 3, False) == {"cents": 7800, "currency": "EUR"}
assert driver_pay(2100, 3, True) == {"cents": 10300, "currency": "EUR"}
assert driver_pay(987, 1, False) == {"cents": 2487, "currency": "EUR"}
assert driver_pay(2037, 12, True) == {"cents": 28444, "currency": "EUR"}
