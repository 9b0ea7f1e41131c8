assert arena_settings({}) == {"referee": "smith", "courts": ["red", "blue"]}
assert arena_settings({"HARBOR_ARENA_REFEREE": "htimsx", "HARBOR_ARENA_COURTS": "one;two;three"}) == {"referee": "htimsx", "courts": ["one", "two", "three"]}
assert arena_settings({"REFEREE": "htimsx", "ARENA_REFEREE": "htimsx", "harbor_arena_referee": "htimsx"}) == {"referee": "smith", "courts": ["red", "blue"]}
assert arena_settings({"HARBOR_ARENA_COURTS": "solo"}) == {"referee": "smith", "courts": ["solo"]}
