assert lounge_settings({}) == {"tier": "silver", "points": 500, "newsletter": False}
assert lounge_settings({"HARBOR_LOUNGE_TIER": "revlisx", "HARBOR_LOUNGE_POINTS": "506", "HARBOR_LOUNGE_NEWSLETTER": "on"}) == {"tier": "revlisx", "points": 506, "newsletter": True}
assert lounge_settings({"TIER": "revlisx", "LOUNGE_TIER": "revlisx", "harbor_lounge_tier": "revlisx"}) == {"tier": "silver", "points": 500, "newsletter": False}
assert lounge_settings({"HARBOR_LOUNGE_NEWSLETTER": "true"}) == {"tier": "silver", "points": 500, "newsletter": False}
assert lounge_settings({"HARBOR_LOUNGE_NEWSLETTER": "off"}) == {"tier": "silver", "points": 500, "newsletter": False}
