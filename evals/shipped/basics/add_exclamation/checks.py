assert add_exclamation("Stop") == "Stop!"
assert add_exclamation("") == "!"
assert add_exclamation("Wow!") == "Wow!!"
assert add_exclamation("go on") == "go on!"
