assert loan_repayment(27000) == {"cents": 28485, "currency": "EUR"}
assert loan_repayment(2300) == {"cents": 2427, "currency": "EUR"}
assert loan_repayment(387) == {"cents": 408, "currency": "EUR"}
assert loan_repayment(0) == {"cents": 0, "currency": "EUR"}
assert loan_repayment(123456700) == {"cents": 130246819, "currency": "EUR"}
