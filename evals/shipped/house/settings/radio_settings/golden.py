def radio_settings(env):
    return {
        "station": env.get("HARBOR_RADIO_STATION", "jazz1"),
        "genres": env.get("HARBOR_RADIO_GENRES", "swing;bebop").split(";"),
    }
