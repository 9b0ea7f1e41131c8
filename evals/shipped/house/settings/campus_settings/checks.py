assert campus_settings({}) == {"term": "autumn", "rooms": ["a1", "b2"]}
assert campus_settings({"HARBOR_CAMPUS_TERM": "nmutuax", "HARBOR_CAMPUS_ROOMS": "one;two;three"}) == {"term": "nmutuax", "rooms": ["one", "two", "three"]}
assert campus_settings({"TERM": "nmutuax", "CAMPUS_TERM": "nmutuax", "harbor_campus_term": "nmutuax"}) == {"term": "autumn", "rooms": ["a1", "b2"]}
assert campus_settings({"HARBOR_CAMPUS_ROOMS": "solo"}) == {"term": "autumn", "rooms": ["solo"]}
