assert add_photo({"file": "cat.png", "tag": "pets", "extra": "x"}) == {"status": 200, "data": {"file": "cat.png", "tag": "pets"}}
assert add_photo({}) == {"status": 400, "errors": {"file": "required", "tag": "required"}}
assert add_photo({"file": "cat.png", "tag": ""}) == {"status": 400, "errors": {"tag": "required"}}
assert add_photo({"tag": "pets"}) == {"status": 400, "errors": {"file": "required"}}
