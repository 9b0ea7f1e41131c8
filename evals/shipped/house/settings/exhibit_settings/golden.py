def exhibit_settings(env):
    return {
        "audio": env.get("HARBOR_EXHIBIT_AUDIO", "english"),
        "visitors": int(env.get("HARBOR_EXHIBIT_VISITORS", "300")),
        "captions": env.get("HARBOR_EXHIBIT_CAPTIONS", "off") == "on",
    }
