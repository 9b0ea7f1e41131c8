assert voucher_checkout_sum(5000, [{"value": 1000, "expired": False}, {"value": 500, "expired": False}]) == {"cents": 3500, "currency": "EUR"}
assert voucher_checkout_sum(5000, [{"value": 1000, "expired": True}, {"value": 500, "expired": False}]) == {"cents": 4500, "currency": "EUR"}
assert voucher_checkout_sum(800, [{"value": 1000, "expired": False}]) == {"cents": 0, "currency": "EUR"}
assert voucher_checkout_sum(800, []) == {"cents": 800, "currency": "EUR"}
