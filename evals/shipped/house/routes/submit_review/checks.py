assert submit_review({"text": "Lovely", "extra": "x"}) == {"status": 200, "data": {"text": "Lovely"}}
assert submit_review({}) == {"status": 400, "errors": {"text": "required"}}
assert submit_review({"text": ""}) == {"status": 400, "errors": {"text": "required"}}
