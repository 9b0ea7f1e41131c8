assert log_trip({"plate": "HH-1", "km": 120, "extra": "x"}) == {"status": 200, "data": {"plate": "HH-1", "km": 120}}
assert log_trip({}) == {"status": 400, "errors": {"plate": "required", "km": "required"}}
assert log_trip({"plate": "HH-1", "km": 0}) == {"status": 400, "errors": {"km": "required"}}
assert log_trip({"plate": "HH-1", "km": 900}) == {"status": 200, "data": {"plate": "HH-1", "km": 900}}
assert log_trip({"km": 901}) == {"status": 400, "errors": {"plate": "required", "km": "too_large"}}
