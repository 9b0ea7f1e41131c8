assert choose_course({"credits": 4, "extra": "x"}) == {"status": 200, "data": {"credits": 4}}
assert choose_course({}) == {"status": 400, "errors": {"credits": "required"}}
assert choose_course({"credits": 0}) == {"status": 400, "errors": {"credits": "required"}}
assert choose_course({"credits": 6}) == {"status": 200, "data": {"credits": 6}}
assert choose_course({"credits": 7}) == {"status": 400, "errors": {"credits": "too_large"}}
