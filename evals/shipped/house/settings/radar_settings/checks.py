assert radar_settings({}) == {"range": 250, "sweep_ms": 12000}
assert radar_settings({"HARBOR_RADAR_RANGE": "256", "HARBOR_RADAR_SWEEP": "16"}) == {"range": 256, "sweep_ms": 16000}
assert radar_settings({"RANGE": "256", "RADAR_RANGE": "256", "harbor_radar_range": "256"}) == {"range": 250, "sweep_ms": 12000}
assert radar_settings({"HARBOR_RADAR_SWEEP": "2"}) == {"range": 250, "sweep_ms": 2000}
