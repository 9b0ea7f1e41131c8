assert move_stock({"sku": "K9", "bay": "dry", "extra": "x"}) == {"status": 200, "data": {"sku": "K9", "bay": "dry"}}
assert move_stock({}) == {"status": 400, "errors": {"sku": "required", "bay": "required"}}
assert move_stock({"sku": "K9", "bay": ""}) == {"status": 400, "errors": {"bay": "required"}}
assert move_stock({"sku": "K9", "bay": "cold"}) == {"status": 200, "data": {"sku": "K9", "bay": "cold"}}
assert move_stock({"bay": "Q"}) == {"status": 400, "errors": {"sku": "required", "bay": "not_allowed"}}
