assert sourcing_settings({}) == {"rating": 4, "materials": ["wood", "steel"]}
assert sourcing_settings({"HARBOR_SOURCING_RATING": "10", "HARBOR_SOURCING_MATERIALS": "one;two;three"}) == {"rating": 10, "materials": ["one", "two", "three"]}
assert sourcing_settings({"RATING": "10", "SOURCING_RATING": "10", "harbor_sourcing_rating": "10"}) == {"rating": 4, "materials": ["wood", "steel"]}
assert sourcing_settings({"HARBOR_SOURCING_MATERIALS": "solo"}) == {"rating": 4, "materials": ["solo"]}
