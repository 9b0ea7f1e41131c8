assert course_reduced_fee(10000, "student") == {"cents": 6500, "currency": "EUR"}
assert course_reduced_fee(10000, "senior") == {"cents": 8500, "currency": "EUR"}
assert course_reduced_fee(10000, "teacher") == {"cents": 10000, "currency": "EUR"}
assert course_reduced_fee(30, "student") == {"cents": 19, "currency": "EUR"}
assert course_reduced_fee(30, "senior") == {"cents": 25, "currency": "EUR"}
