assert pilot_settings({}) == {"channel": "vhf12", "tugs": 4}
assert pilot_settings({"HARBOR_PILOT_CHANNEL": "21fhvx", "HARBOR_PILOT_TUGS": "10"}) == {"channel": "21fhvx", "tugs": 10}
assert pilot_settings({"CHANNEL": "21fhvx", "PILOT_CHANNEL": "21fhvx", "harbor_pilot_channel": "21fhvx"}) == {"channel": "vhf12", "tugs": 4}
assert pilot_settings({"HARBOR_PILOT_TUGS": "7"}) == {"channel": "vhf12", "tugs": 7}
