assert invite_musician({"musician": "Clara", "instrument": "oboe", "extra": "x"}) == {"status": 200, "data": {"musician": "Clara", "instrument": "oboe"}}
assert invite_musician({}) == {"status": 400, "errors": {"musician": "required", "instrument": "required"}}
assert invite_musician({"musician": "Clara", "instrument": ""}) == {"status": 400, "errors": {"instrument": "required"}}
assert invite_musician({"instrument": "oboe"}) == {"status": 400, "errors": {"musician": "required"}}
