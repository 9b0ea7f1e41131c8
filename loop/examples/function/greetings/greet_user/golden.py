def greet_user(name):
    return {"greeting": f"Ahoy, {name}!", "lang": "en"}
