assert museum_opened({"id": "m25", "curator": "Lena"}, {"id": "u23"}) == {"event": "museum.opened", "v": 2, "actor": "u23", "subject": "m25", "data": {"curator": "Lena"}}
assert museum_opened({"id": 554, "curator": "Omar", "note": "internal"}, {"id": 53, "name": "Kit"}) == {"event": "museum.opened", "v": 2, "actor": 53, "subject": 554, "data": {"curator": "Omar"}}
assert museum_opened({"id": "mus-24", "curator": "Pia"}, {"id": "staff-22"}) == {"event": "museum.opened", "v": 2, "actor": "staff-22", "subject": "mus-24", "data": {"curator": "Pia"}}
