assert buy_ticket({"row": 8, "zone": "B", "extra": "x"}) == {"status": 200, "data": {"row": 8, "zone": "B"}}
assert buy_ticket({}) == {"status": 400, "errors": {"row": "required", "zone": "required"}}
assert buy_ticket({"row": 8, "zone": ""}) == {"status": 400, "errors": {"zone": "required"}}
assert buy_ticket({"row": 8, "zone": "C"}) == {"status": 200, "data": {"row": 8, "zone": "C"}}
assert buy_ticket({"zone": "Q"}) == {"status": 400, "errors": {"row": "required", "zone": "not_allowed"}}
assert buy_ticket({"row": 8, "zone": "A"}) == {"status": 200, "data": {"row": 8, "zone": "A"}}
