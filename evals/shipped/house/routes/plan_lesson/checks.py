assert plan_lesson({"minutes": 30, "extra": "x"}) == {"status": 200, "data": {"minutes": 30}}
assert plan_lesson({}) == {"status": 400, "errors": {"minutes": "required"}}
assert plan_lesson({"minutes": 0}) == {"status": 400, "errors": {"minutes": "required"}}
assert plan_lesson({"minutes": 45}) == {"status": 200, "data": {"minutes": 45}}
assert plan_lesson({"minutes": 46}) == {"status": 400, "errors": {"minutes": "too_large"}}
