assert compress_text("aab") == "a2b1"
assert compress_text("") == ""
assert compress_text("zzz") == "z3"
assert compress_text("aba") == "a1b1a1"
