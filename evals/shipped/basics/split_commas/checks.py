assert split_commas("a,b,c") == ["a", "b", "c"]
assert split_commas("one") == ["one"]
assert split_commas("x,y") == ["x", "y"]
