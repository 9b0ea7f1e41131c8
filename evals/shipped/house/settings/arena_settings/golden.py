def arena_settings(env):
    return {
        "referee": env.get("HARBOR_ARENA_REFEREE", "smith"),
        "courts": env.get("HARBOR_ARENA_COURTS", "red;blue").split(";"),
    }
