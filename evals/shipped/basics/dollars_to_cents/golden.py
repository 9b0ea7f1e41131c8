def dollars_to_cents(dollars):
    return dollars * 100
