def loan_setup_fee(cents):
    total = max((cents * 150 + 5000) // 10000, 2000)
    return {"cents": total, "currency": "EUR"}
