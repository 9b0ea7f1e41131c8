assert voucher_price(3924) == {"cents": 2624, "currency": "EUR"}
assert voucher_price(1301) == {"cents": 1, "currency": "EUR"}
assert voucher_price(1300) == {"cents": 0, "currency": "EUR"}
assert voucher_price(1216) == {"cents": 0, "currency": "EUR"}
