assert full_name("Ada", "Lovelace") == "Ada Lovelace"
assert full_name("Alan", "Turing") == "Alan Turing"
assert full_name("A", "B") == "A B"
assert full_name("Mary Ann", "Lee") == "Mary Ann Lee"
