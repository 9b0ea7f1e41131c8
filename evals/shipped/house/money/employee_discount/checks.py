assert employee_discount(12017) == {"cents": 8017, "currency": "EUR"}
assert employee_discount(4001) == {"cents": 1, "currency": "EUR"}
assert employee_discount(4000) == {"cents": 0, "currency": "EUR"}
assert employee_discount(3923) == {"cents": 0, "currency": "EUR"}
