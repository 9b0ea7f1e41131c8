def kilometers_to_meters(km):
    return km * 1000
