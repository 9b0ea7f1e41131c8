assert greet_guest() == {"greeting": "Ahoy, stranger!", "lang": "en"}
