assert trim_text("  hi ") == "hi"
assert trim_text("a b") == "a b"
assert trim_text("   ") == ""
assert trim_text("end  ") == "end"
