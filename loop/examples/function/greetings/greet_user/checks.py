assert greet_user("Ada") == {"greeting": "Ahoy, Ada!", "lang": "en"}
assert greet_user("Bo") == {"greeting": "Ahoy, Bo!", "lang": "en"}
