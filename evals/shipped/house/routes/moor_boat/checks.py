assert moor_boat({"boat": "Gull", "berth": "N3", "extra": "x"}) == {"status": 200, "data": {"boat": "Gull", "berth": "N3"}}
assert moor_boat({}) == {"status": 400, "errors": {"boat": "required", "berth": "required"}}
assert moor_boat({"boat": "Gull", "berth": ""}) == {"status": 400, "errors": {"berth": "required"}}
assert moor_boat({"berth": "N3"}) == {"status": 400, "errors": {"boat": "required"}}
