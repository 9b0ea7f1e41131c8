def case_counts(text):
    return [sum(char.isupper() for char in text), sum(char.islower() for char in text)]
