def fleet_settings(env):
    return {
        "depot": env.get("HARBOR_FLEET_DEPOT", "main"),
        "speed": int(env.get("HARBOR_FLEET_SPEED", "35")),
    }
