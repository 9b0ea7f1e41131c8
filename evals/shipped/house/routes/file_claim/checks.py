assert file_claim({"damage": "Hail", "extra": "x"}) == {"status": 200, "data": {"damage": "Hail"}}
assert file_claim({}) == {"status": 400, "errors": {"damage": "required"}}
assert file_claim({"damage": ""}) == {"status": 400, "errors": {"damage": "required"}}
