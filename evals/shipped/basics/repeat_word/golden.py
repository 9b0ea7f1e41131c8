def repeat_word(word, times):
    return word * times
