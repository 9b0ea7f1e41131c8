assert record_donation({"donor": "Ravi", "amount": 40, "extra": "x"}) == {"status": 200, "data": {"donor": "Ravi", "amount": 40}}
assert record_donation({}) == {"status": 400, "errors": {"donor": "required", "amount": "required"}}
assert record_donation({"donor": "Ravi", "amount": 0}) == {"status": 400, "errors": {"amount": "required"}}
assert record_donation({"amount": 40}) == {"status": 400, "errors": {"donor": "required"}}
