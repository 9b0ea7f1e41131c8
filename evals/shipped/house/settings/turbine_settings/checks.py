assert turbine_settings({}) == {"blades": 3, "brake_ms": 7000}
assert turbine_settings({"HARBOR_TURBINE_BLADES": "9", "HARBOR_TURBINE_BRAKE": "11"}) == {"blades": 9, "brake_ms": 11000}
assert turbine_settings({"BLADES": "9", "TURBINE_BLADES": "9", "harbor_turbine_blades": "9"}) == {"blades": 3, "brake_ms": 7000}
assert turbine_settings({"HARBOR_TURBINE_BRAKE": "2"}) == {"blades": 3, "brake_ms": 2000}
