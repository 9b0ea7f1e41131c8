assert order_bread({"loaf": "spelt", "extra": "x"}) == {"status": 200, "data": {"loaf": "spelt"}}
assert order_bread({}) == {"status": 400, "errors": {"loaf": "required"}}
assert order_bread({"loaf": ""}) == {"status": 400, "errors": {"loaf": "required"}}
assert order_bread({"loaf": "oat"}) == {"status": 200, "data": {"loaf": "oat"}}
assert order_bread({"loaf": "Q"}) == {"status": 400, "errors": {"loaf": "not_allowed"}}
