assert subscription_bill(26000, False) == {"cents": 31460, "currency": "EUR"}
assert subscription_bill(26000, True) == {"cents": 31560, "currency": "EUR"}
assert subscription_bill(1850, False) == {"cents": 2239, "currency": "EUR"}
assert subscription_bill(368, True) == {"cents": 545, "currency": "EUR"}
assert subscription_bill(123456700, False) == {"cents": 149382607, "currency": "EUR"}
