assert create_invoice({"payer": "Omar", "total": 75, "extra": "x"}) == {"status": 200, "data": {"payer": "Omar", "total": 75}}
assert create_invoice({}) == {"status": 400, "errors": {"payer": "required", "total": "required"}}
assert create_invoice({"payer": "Omar", "total": 0}) == {"status": 400, "errors": {"total": "required"}}
assert create_invoice({"total": 75}) == {"status": 400, "errors": {"payer": "required"}}
