assert invoice_late_amount(10000, 15) == {"cents": 10250, "currency": "EUR"}
assert invoice_late_amount(10000, 14) == {"cents": 10000, "currency": "EUR"}
assert invoice_late_amount(20, 15) == {"cents": 21, "currency": "EUR"}
assert invoice_late_amount(10000, 60) == {"cents": 10250, "currency": "EUR"}
assert invoice_late_amount(10000, 61) == {"cents": 11750, "currency": "EUR"}
