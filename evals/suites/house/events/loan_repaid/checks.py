assert loan_repaid({"id": 51, "balance": 900}, {"id": 3}, 100) == {"event": "loan.repaid", "v": 2, "actor": 3, "subject": 51, "data": {"balance": {"from": 900, "to": 800}}}
assert loan_repaid({"id": 52, "balance": 100}, {"id": 3}, 100) == {"event": "loan.settled", "v": 2, "actor": 3, "subject": 52, "data": {"balance": {"from": 100, "to": 0}}}
assert loan_repaid({"id": 52, "balance": 100}, {"id": 3}, 99)["event"] == "loan.repaid"
assert list(loan_repaid({"id": 52, "balance": 100}, {"id": 3}, 10)) == ["event", "v", "actor", "subject", "data"]
