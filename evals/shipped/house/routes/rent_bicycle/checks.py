assert rent_bicycle({"rider": "Pia", "frame": "R20", "extra": "x"}) == {"status": 200, "data": {"rider": "Pia", "frame": "R20"}}
assert rent_bicycle({}) == {"status": 400, "errors": {"rider": "required", "frame": "required"}}
assert rent_bicycle({"rider": "Pia", "frame": ""}) == {"status": 400, "errors": {"frame": "required"}}
assert rent_bicycle({"frame": "R20"}) == {"status": 400, "errors": {"rider": "required"}}
