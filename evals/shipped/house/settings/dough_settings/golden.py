def dough_settings(env):
    return {
        "flour": env.get("HARBOR_DOUGH_FLOUR", "rye"),
        "batch": int(env.get("HARBOR_DOUGH_BATCH", "50")),
        "steam": env.get("HARBOR_DOUGH_STEAM", "off") == "on",
    }
