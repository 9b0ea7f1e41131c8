assert assign_seat({"gate": "C7", "seat": "14F", "extra": "x"}) == {"status": 200, "data": {"gate": "C7", "seat": "14F"}}
assert assign_seat({}) == {"status": 400, "errors": {"gate": "required", "seat": "required"}}
assert assign_seat({"gate": "C7", "seat": ""}) == {"status": 400, "errors": {"seat": "required"}}
assert assign_seat({"seat": "14F"}) == {"status": 400, "errors": {"gate": "required"}}
