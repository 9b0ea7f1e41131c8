assert printer_lease(22000) == {"cents": 23540, "currency": "EUR"}
assert printer_lease(1350) == {"cents": 1445, "currency": "EUR"}
assert printer_lease(333) == {"cents": 356, "currency": "EUR"}
assert printer_lease(0) == {"cents": 0, "currency": "EUR"}
assert printer_lease(123456700) == {"cents": 132098669, "currency": "EUR"}
