def words_starting_with(words, letter):
    return [word for word in words if word.startswith(letter)]
