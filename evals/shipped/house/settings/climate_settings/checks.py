assert climate_settings({}) == {"sensor": "dht22", "mist_ms": 15000}
assert climate_settings({"HARBOR_CLIMATE_SENSOR": "22thdx", "HARBOR_CLIMATE_MIST": "19"}) == {"sensor": "22thdx", "mist_ms": 19000}
assert climate_settings({"SENSOR": "22thdx", "CLIMATE_SENSOR": "22thdx", "harbor_climate_sensor": "22thdx"}) == {"sensor": "dht22", "mist_ms": 15000}
assert climate_settings({"HARBOR_CLIMATE_MIST": "2"}) == {"sensor": "dht22", "mist_ms": 2000}
