assert string_to_number("15") == 15
assert string_to_number("0") == 0
assert string_to_number("-8") == -8
assert string_to_number("007") == 7
