assert stock_settings({}) == {"unit": "box", "minimum": 15, "alerts": False}
assert stock_settings({"HARBOR_STOCK_UNIT": "xobx", "HARBOR_STOCK_MINIMUM": "21", "HARBOR_STOCK_ALERTS": "on"}) == {"unit": "xobx", "minimum": 21, "alerts": True}
assert stock_settings({"UNIT": "xobx", "STOCK_UNIT": "xobx", "harbor_stock_unit": "xobx"}) == {"unit": "box", "minimum": 15, "alerts": False}
assert stock_settings({"HARBOR_STOCK_ALERTS": "true"}) == {"unit": "box", "minimum": 15, "alerts": False}
assert stock_settings({"HARBOR_STOCK_ALERTS": "off"}) == {"unit": "box", "minimum": 15, "alerts": False}
