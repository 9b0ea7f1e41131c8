assert add_customer({"name": "Lin", "email": "lin@x.org", "extra": "x"}) == {"status": 200, "data": {"name": "Lin", "email": "lin@x.org"}}
assert add_customer({}) == {"status": 400, "errors": {"name": "required", "email": "required"}}
assert add_customer({"name": "Lin", "email": ""}) == {"status": 400, "errors": {"email": "required"}}
assert add_customer({"email": "lin@x.org"}) == {"status": 400, "errors": {"name": "required"}}
