assert subscription_upgrade_price(1000, 2000) == {"cents": 1350, "currency": "EUR"}
assert subscription_upgrade_price(10, 100) == {"cents": 93, "currency": "EUR"}
assert subscription_upgrade_price(5000, 1000) == {"cents": 0, "currency": "EUR"}
assert subscription_upgrade_price(0, 900) == {"cents": 900, "currency": "EUR"}
