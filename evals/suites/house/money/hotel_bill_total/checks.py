assert hotel_bill_total(10000, 2, 1) == {"cents": 21600, "currency": "EUR"}
assert hotel_bill_total(10000, 2, 3) == {"cents": 22600, "currency": "EUR"}
assert hotel_bill_total(300, 1, 1) == {"cents": 567, "currency": "EUR"}
assert hotel_bill_total(150, 2, 0) == {"cents": 317, "currency": "EUR"}
