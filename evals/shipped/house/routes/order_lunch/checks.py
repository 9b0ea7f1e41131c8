assert order_lunch({"diet": "vegan", "extra": "x"}) == {"status": 200, "data": {"diet": "vegan"}}
assert order_lunch({}) == {"status": 400, "errors": {"diet": "required"}}
assert order_lunch({"diet": ""}) == {"status": 400, "errors": {"diet": "required"}}
assert order_lunch({"diet": "meat"}) == {"status": 200, "data": {"diet": "meat"}}
assert order_lunch({"diet": "Q"}) == {"status": 400, "errors": {"diet": "not_allowed"}}
