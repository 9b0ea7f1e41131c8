assert rental_settings({}) == {"dock": "square", "bikes": 18, "lights": False}
assert rental_settings({"HARBOR_RENTAL_DOCK": "erauqsx", "HARBOR_RENTAL_BIKES": "24", "HARBOR_RENTAL_LIGHTS": "on"}) == {"dock": "erauqsx", "bikes": 24, "lights": True}
assert rental_settings({"DOCK": "erauqsx", "RENTAL_DOCK": "erauqsx", "harbor_rental_dock": "erauqsx"}) == {"dock": "square", "bikes": 18, "lights": False}
assert rental_settings({"HARBOR_RENTAL_LIGHTS": "true"}) == {"dock": "square", "bikes": 18, "lights": False}
assert rental_settings({"HARBOR_RENTAL_LIGHTS": "off"}) == {"dock": "square", "bikes": 18, "lights": False}
