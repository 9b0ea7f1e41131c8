def stock_settings(env):
    return {
        "unit": env.get("HARBOR_STOCK_UNIT", "box"),
        "minimum": int(env.get("HARBOR_STOCK_MINIMUM", "15")),
        "alerts": env.get("HARBOR_STOCK_ALERTS", "off") == "on",
    }
