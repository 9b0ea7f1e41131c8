assert reverse_words("the red car") == "car red the"
assert reverse_words("") == ""
assert reverse_words("one") == "one"
