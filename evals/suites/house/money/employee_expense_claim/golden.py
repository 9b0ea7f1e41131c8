def employee_expense_claim(expenses, advance):
    total = sum(item["cents"] for item in expenses if item["approved"])
    total = max(total - advance, 0)
    return {"cents": total, "currency": "EUR"}
