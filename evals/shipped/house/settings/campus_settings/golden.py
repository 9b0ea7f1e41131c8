def campus_settings(env):
    return {
        "term": env.get("HARBOR_CAMPUS_TERM", "autumn"),
        "rooms": env.get("HARBOR_CAMPUS_ROOMS", "a1;b2").split(";"),
    }
