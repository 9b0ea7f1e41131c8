assert start_subscription({"plan": "plus", "extra": "x"}) == {"status": 200, "data": {"plan": "plus"}}
assert start_subscription({}) == {"status": 400, "errors": {"plan": "required"}}
assert start_subscription({"plan": ""}) == {"status": 400, "errors": {"plan": "required"}}
assert start_subscription({"plan": "basic"}) == {"status": 200, "data": {"plan": "basic"}}
assert start_subscription({"plan": "Q"}) == {"status": 400, "errors": {"plan": "not_allowed"}}
