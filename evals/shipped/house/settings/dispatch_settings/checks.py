assert dispatch_settings({}) == {"region": "west", "shift": "early"}
assert dispatch_settings({"HARBOR_DISPATCH_REGION": "tsewx", "HARBOR_DISPATCH_SHIFT": "ylraex"}) == {"region": "tsewx", "shift": "ylraex"}
assert dispatch_settings({"REGION": "tsewx", "DISPATCH_REGION": "tsewx", "harbor_dispatch_region": "tsewx"}) == {"region": "west", "shift": "early"}
assert dispatch_settings({"HARBOR_DISPATCH_SHIFT": "z9"}) == {"region": "west", "shift": "z9"}
