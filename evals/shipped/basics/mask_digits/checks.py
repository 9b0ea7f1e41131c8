assert mask_digits("a1b22") == "a#b##"
assert mask_digits("") == ""
assert mask_digits("no") == "no"
