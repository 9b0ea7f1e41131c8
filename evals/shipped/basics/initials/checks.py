assert initials(["as", "soon", "as"]) == "asa"
assert initials(["Grace", "Hopper"]) == "GH"
assert initials([]) == ""
assert initials(["x"]) == "x"
