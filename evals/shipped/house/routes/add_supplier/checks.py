assert add_supplier({"firm": "Nord AG", "phone": "5550", "extra": "x"}) == {"status": 200, "data": {"firm": "Nord AG", "phone": "5550"}}
assert add_supplier({}) == {"status": 400, "errors": {"firm": "required", "phone": "required"}}
assert add_supplier({"firm": "Nord AG", "phone": ""}) == {"status": 400, "errors": {"phone": "required"}}
assert add_supplier({"phone": "5550"}) == {"status": 400, "errors": {"firm": "required"}}
