assert register_parcel({"recipient": "Ada", "street": "Elm 4", "extra": "x"}) == {"status": 200, "data": {"recipient": "Ada", "street": "Elm 4"}}
assert register_parcel({}) == {"status": 400, "errors": {"recipient": "required", "street": "required"}}
assert register_parcel({"recipient": "Ada", "street": ""}) == {"status": 400, "errors": {"street": "required"}}
assert register_parcel({"street": "Elm 4"}) == {"status": 400, "errors": {"recipient": "required"}}
