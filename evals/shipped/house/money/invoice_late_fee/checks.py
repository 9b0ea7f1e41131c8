assert invoice_late_fee(24000) == {"cents": 1440, "currency": "EUR"}
assert invoice_late_fee(1575) == {"cents": 95, "currency": "EUR"}
assert invoice_late_fee(355) == {"cents": 21, "currency": "EUR"}
assert invoice_late_fee(0) == {"cents": 0, "currency": "EUR"}
assert invoice_late_fee(123456700) == {"cents": 7407402, "currency": "EUR"}
