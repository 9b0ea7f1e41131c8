def is_teenager(age):
    return 13 <= age <= 19
