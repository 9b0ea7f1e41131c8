def loan_repayment(cents):
    total = cents + (cents * 550 + 5000) // 10000
    return {"cents": total, "currency": "EUR"}
