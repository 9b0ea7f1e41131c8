def kitchen_settings(env):
    return {
        "menu": env.get("HARBOR_KITCHEN_MENU", "daily"),
        "seats": int(env.get("HARBOR_KITCHEN_SEATS", "60")),
        "bar": env.get("HARBOR_KITCHEN_BAR", "off") == "on",
    }
