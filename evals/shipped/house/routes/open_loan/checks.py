assert open_loan({"isbn": "978-1", "due": "May 3", "desk": 2, "extra": "x"}) == {"status": 200, "data": {"isbn": "978-1", "due": "May 3", "desk": 2}}
assert open_loan({}) == {"status": 400, "errors": {"isbn": "required", "due": "required", "desk": "required"}}
assert open_loan({"isbn": "978-1", "due": "May 3", "desk": 0}) == {"status": 400, "errors": {"desk": "required"}}
assert open_loan({"due": "May 3", "desk": 2}) == {"status": 400, "errors": {"isbn": "required"}}
