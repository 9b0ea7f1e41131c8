def sprinkler_settings(env):
    return {
        "valve": env.get("HARBOR_SPRINKLER_VALVE", "north"),
        "litres": int(env.get("HARBOR_SPRINKLER_LITRES", "40")),
        "rain": env.get("HARBOR_SPRINKLER_RAIN", "off") == "on",
    }
