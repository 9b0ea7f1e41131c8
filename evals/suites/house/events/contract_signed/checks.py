assert contract_signed({"id": 60, "name": "Rita", "clauses": ["a", "b"]}, {"id": 1}) == {"event": "contract.signed", "v": 2, "actor": 1, "subject": 60, "data": {"name": "R.", "clauses": 2}}
assert contract_signed({"id": 61, "name": "Abel", "clauses": [], "city": "Rom"}, {"id": 1, "name": "Zoe"}) == {"event": "contract.signed", "v": 2, "actor": 1, "subject": 61, "data": {"name": "A.", "clauses": 0}}
assert contract_signed({"id": 61, "name": "Vera", "clauses": ["x"]}, {"id": 1})["data"] == {"name": "V.", "clauses": 1}
assert list(contract_signed({"id": 61, "name": "Vera", "clauses": ["x"]}, {"id": 1})) == ["event", "v", "actor", "subject", "data"]
