assert load_ferry({"deck": "low", "cars": 60, "extra": "x"}) == {"status": 200, "data": {"deck": "low", "cars": 60}}
assert load_ferry({}) == {"status": 400, "errors": {"deck": "required", "cars": "required"}}
assert load_ferry({"deck": "low", "cars": 0}) == {"status": 400, "errors": {"cars": "required"}}
assert load_ferry({"deck": "low", "cars": 140}) == {"status": 200, "data": {"deck": "low", "cars": 140}}
assert load_ferry({"cars": 141}) == {"status": 400, "errors": {"deck": "required", "cars": "too_large"}}
