def lounge_settings(env):
    return {
        "tier": env.get("HARBOR_LOUNGE_TIER", "silver"),
        "points": int(env.get("HARBOR_LOUNGE_POINTS", "500")),
        "newsletter": env.get("HARBOR_LOUNGE_NEWSLETTER", "off") == "on",
    }
