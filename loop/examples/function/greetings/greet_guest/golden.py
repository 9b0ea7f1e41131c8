def greet_guest():
    return {"greeting": "Ahoy, stranger!", "lang": "en"}
