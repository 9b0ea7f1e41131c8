assert lobby_settings({}) == {"music": "piano", "lamps": 24}
assert lobby_settings({"HARBOR_LOBBY_MUSIC": "onaipx", "HARBOR_LOBBY_LAMPS": "30"}) == {"music": "onaipx", "lamps": 30}
assert lobby_settings({"MUSIC": "onaipx", "LOBBY_MUSIC": "onaipx", "harbor_lobby_music": "onaipx"}) == {"music": "piano", "lamps": 24}
assert lobby_settings({"HARBOR_LOBBY_LAMPS": "7"}) == {"music": "piano", "lamps": 7}
