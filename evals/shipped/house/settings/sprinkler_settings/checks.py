assert sprinkler_settings({}) == {"valve": "north", "litres": 40, "rain": False}
assert sprinkler_settings({"HARBOR_SPRINKLER_VALVE": "htronx", "HARBOR_SPRINKLER_LITRES": "46", "HARBOR_SPRINKLER_RAIN": "on"}) == {"valve": "htronx", "litres": 46, "rain": True}
assert sprinkler_settings({"VALVE": "htronx", "SPRINKLER_VALVE": "htronx", "harbor_sprinkler_valve": "htronx"}) == {"valve": "north", "litres": 40, "rain": False}
assert sprinkler_settings({"HARBOR_SPRINKLER_RAIN": "true"}) == {"valve": "north", "litres": 40, "rain": False}
assert sprinkler_settings({"HARBOR_SPRINKLER_RAIN": "off"}) == {"valve": "north", "litres": 40, "rain": False}
