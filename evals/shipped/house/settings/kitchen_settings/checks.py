assert kitchen_settings({}) == {"menu": "daily", "seats": 60, "bar": False}
assert kitchen_settings({"HARBOR_KITCHEN_MENU": "yliadx", "HARBOR_KITCHEN_SEATS": "66", "HARBOR_KITCHEN_BAR": "on"}) == {"menu": "yliadx", "seats": 66, "bar": True}
assert kitchen_settings({"MENU": "yliadx", "KITCHEN_MENU": "yliadx", "harbor_kitchen_menu": "yliadx"}) == {"menu": "daily", "seats": 60, "bar": False}
assert kitchen_settings({"HARBOR_KITCHEN_BAR": "true"}) == {"menu": "daily", "seats": 60, "bar": False}
assert kitchen_settings({"HARBOR_KITCHEN_BAR": "off"}) == {"menu": "daily", "seats": 60, "bar": False}
