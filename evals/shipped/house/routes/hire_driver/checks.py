assert hire_driver({"licence": "B-771", "extra": "x"}) == {"status": 200, "data": {"licence": "B-771"}}
assert hire_driver({}) == {"status": 400, "errors": {"licence": "required"}}
assert hire_driver({"licence": ""}) == {"status": 400, "errors": {"licence": "required"}}
