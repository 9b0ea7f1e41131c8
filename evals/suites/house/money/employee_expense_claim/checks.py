assert employee_expense_claim([{"cents": 5000, "approved": True}, {"cents": 700, "approved": True}], 0) == {"cents": 5700, "currency": "EUR"}
assert employee_expense_claim([{"cents": 5000, "approved": True}, {"cents": 700, "approved": False}], 1000) == {"cents": 4000, "currency": "EUR"}
assert employee_expense_claim([{"cents": 800, "approved": True}], 1000) == {"cents": 0, "currency": "EUR"}
assert employee_expense_claim([], 0) == {"cents": 0, "currency": "EUR"}
