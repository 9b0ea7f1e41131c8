assert pass_or_fail(70) == "pass"
assert pass_or_fail(50) == "pass"
assert pass_or_fail(49) == "fail"
