assert reserve_room({"nights": 6, "extra": "x"}) == {"status": 200, "data": {"nights": 6}}
assert reserve_room({}) == {"status": 400, "errors": {"nights": "required"}}
assert reserve_room({"nights": 0}) == {"status": 400, "errors": {"nights": "required"}}
assert reserve_room({"nights": 21}) == {"status": 200, "data": {"nights": 21}}
assert reserve_room({"nights": 22}) == {"status": 400, "errors": {"nights": "too_large"}}
