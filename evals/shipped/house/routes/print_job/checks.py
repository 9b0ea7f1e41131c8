assert print_job({"pages": 9, "extra": "x"}) == {"status": 200, "data": {"pages": 9}}
assert print_job({}) == {"status": 400, "errors": {"pages": "required"}}
assert print_job({"pages": 0}) == {"status": 400, "errors": {"pages": "required"}}
assert print_job({"pages": 80}) == {"status": 200, "data": {"pages": 80}}
assert print_job({"pages": 81}) == {"status": 400, "errors": {"pages": "too_large"}}
