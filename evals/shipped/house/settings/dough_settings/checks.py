assert dough_settings({}) == {"flour": "rye", "batch": 50, "steam": False}
assert dough_settings({"HARBOR_DOUGH_FLOUR": "eyrx", "HARBOR_DOUGH_BATCH": "56", "HARBOR_DOUGH_STEAM": "on"}) == {"flour": "eyrx", "batch": 56, "steam": True}
assert dough_settings({"FLOUR": "eyrx", "DOUGH_FLOUR": "eyrx", "harbor_dough_flour": "eyrx"}) == {"flour": "rye", "batch": 50, "steam": False}
assert dough_settings({"HARBOR_DOUGH_STEAM": "true"}) == {"flour": "rye", "batch": 50, "steam": False}
assert dough_settings({"HARBOR_DOUGH_STEAM": "off"}) == {"flour": "rye", "batch": 50, "steam": False}
