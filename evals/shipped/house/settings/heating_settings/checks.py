assert heating_settings({}) == {"mode": "eco", "degrees": 19, "boost": False}
assert heating_settings({"HARBOR_HEATING_MODE": "ocex", "HARBOR_HEATING_DEGREES": "25", "HARBOR_HEATING_BOOST": "on"}) == {"mode": "ocex", "degrees": 25, "boost": True}
assert heating_settings({"MODE": "ocex", "HEATING_MODE": "ocex", "harbor_heating_mode": "ocex"}) == {"mode": "eco", "degrees": 19, "boost": False}
assert heating_settings({"HARBOR_HEATING_BOOST": "true"}) == {"mode": "eco", "degrees": 19, "boost": False}
assert heating_settings({"HARBOR_HEATING_BOOST": "off"}) == {"mode": "eco", "degrees": 19, "boost": False}
