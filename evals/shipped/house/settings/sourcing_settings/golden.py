def sourcing_settings(env):
    return {
        "rating": int(env.get("HARBOR_SOURCING_RATING", "4")),
        "materials": env.get("HARBOR_SOURCING_MATERIALS", "wood;steel").split(";"),
    }
