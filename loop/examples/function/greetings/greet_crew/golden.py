def greet_crew(names):
    joined = " and ".join(names)
    return {"greeting": f"Ahoy, {joined}!", "lang": "en"}
