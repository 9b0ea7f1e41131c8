assert ward_settings({}) == {"floor": 3, "call_ms": 45000}
assert ward_settings({"HARBOR_WARD_FLOOR": "9", "HARBOR_WARD_CALL": "49"}) == {"floor": 9, "call_ms": 49000}
assert ward_settings({"FLOOR": "9", "WARD_FLOOR": "9", "harbor_ward_floor": "9"}) == {"floor": 3, "call_ms": 45000}
assert ward_settings({"HARBOR_WARD_CALL": "2"}) == {"floor": 3, "call_ms": 2000}
