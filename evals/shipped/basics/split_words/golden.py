def split_words(sentence):
    return sentence.split()
