def years_to_hundred(age):
    return 100 - age
