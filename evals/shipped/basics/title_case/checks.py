assert title_case("hello world") == "Hello World"
assert title_case("PYTHON") == "Python"
assert title_case("") == ""
assert title_case("a bIg dog") == "A Big Dog"
