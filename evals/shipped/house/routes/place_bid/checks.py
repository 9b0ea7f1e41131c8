assert place_bid({"lot": "17a", "bid": 350, "extra": "x"}) == {"status": 200, "data": {"lot": "17a", "bid": 350}}
assert place_bid({}) == {"status": 400, "errors": {"lot": "required", "bid": "required"}}
assert place_bid({"lot": "17a", "bid": 0}) == {"status": 400, "errors": {"bid": "required"}}
assert place_bid({"lot": "17a", "bid": 5000}) == {"status": 200, "data": {"lot": "17a", "bid": 5000}}
assert place_bid({"bid": 5001}) == {"status": 400, "errors": {"lot": "required", "bid": "too_large"}}
