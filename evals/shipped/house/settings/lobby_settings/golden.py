def lobby_settings(env):
    return {
        "music": env.get("HARBOR_LOBBY_MUSIC", "piano"),
        "lamps": int(env.get("HARBOR_LOBBY_LAMPS", "24")),
    }
