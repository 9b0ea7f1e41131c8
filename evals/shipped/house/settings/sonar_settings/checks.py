assert sonar_settings({}) == {"depth": 80, "ping_ms": 5000}
assert sonar_settings({"HARBOR_SONAR_DEPTH": "86", "HARBOR_SONAR_PING": "9"}) == {"depth": 86, "ping_ms": 9000}
assert sonar_settings({"DEPTH": "86", "SONAR_DEPTH": "86", "harbor_sonar_depth": "86"}) == {"depth": 80, "ping_ms": 5000}
assert sonar_settings({"HARBOR_SONAR_PING": "2"}) == {"depth": 80, "ping_ms": 2000}
