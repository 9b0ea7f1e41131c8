def loan_repaid(loan, actor, amount):
    left = loan["balance"] - amount
    verb = "settled" if left == 0 else "repaid"
    return {
        "event": "loan." + verb,
        "v": 2,
        "actor": actor["id"],
        "subject": loan["id"],
        "data": {"balance": {"from": loan["balance"], "to": left}},
    }
