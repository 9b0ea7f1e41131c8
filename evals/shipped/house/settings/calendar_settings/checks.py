assert calendar_settings({}) == {"zone": "utc", "hold_ms": 90000}
assert calendar_settings({"HARBOR_CALENDAR_ZONE": "ctux", "HARBOR_CALENDAR_HOLD": "94"}) == {"zone": "ctux", "hold_ms": 94000}
assert calendar_settings({"ZONE": "ctux", "CALENDAR_ZONE": "ctux", "harbor_calendar_zone": "ctux"}) == {"zone": "utc", "hold_ms": 90000}
assert calendar_settings({"HARBOR_CALENDAR_HOLD": "2"}) == {"zone": "utc", "hold_ms": 2000}
