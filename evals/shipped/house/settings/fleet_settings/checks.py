assert fleet_settings({}) == {"depot": "main", "speed": 35}
assert fleet_settings({"HARBOR_FLEET_DEPOT": "niamx", "HARBOR_FLEET_SPEED": "41"}) == {"depot": "niamx", "speed": 41}
assert fleet_settings({"DEPOT": "niamx", "FLEET_DEPOT": "niamx", "harbor_fleet_depot": "niamx"}) == {"depot": "main", "speed": 35}
assert fleet_settings({"HARBOR_FLEET_SPEED": "7"}) == {"depot": "main", "speed": 7}
