def first_letter(word):
    if word == "":
        return ""
    return word[0]
