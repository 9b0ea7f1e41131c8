assert add_episode({"clip": "e1.wav", "host": "Mia", "mic": "left", "extra": "x"}) == {"status": 200, "data": {"clip": "e1.wav", "host": "Mia", "mic": "left"}}
assert add_episode({}) == {"status": 400, "errors": {"clip": "required", "host": "required", "mic": "required"}}
assert add_episode({"clip": "e1.wav", "host": "Mia", "mic": ""}) == {"status": 400, "errors": {"mic": "required"}}
assert add_episode({"host": "Mia", "mic": "left"}) == {"status": 400, "errors": {"clip": "required"}}
