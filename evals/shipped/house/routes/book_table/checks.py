assert book_table({"night": "Friday", "guests": 5, "extra": "x"}) == {"status": 200, "data": {"night": "Friday", "guests": 5}}
assert book_table({}) == {"status": 400, "errors": {"night": "required", "guests": "required"}}
assert book_table({"night": "Friday", "guests": 0}) == {"status": 400, "errors": {"guests": "required"}}
assert book_table({"night": "Friday", "guests": 12}) == {"status": 200, "data": {"night": "Friday", "guests": 12}}
assert book_table({"guests": 13}) == {"status": 400, "errors": {"night": "required", "guests": "too_large"}}
