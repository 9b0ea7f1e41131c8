assert vowels_to_stars("banana") == "b*n*n*"
assert vowels_to_stars("") == ""
assert vowels_to_stars("xyz") == "xyz"
