def label_settings(env):
    return {
        "paper": env.get("HARBOR_LABEL_PAPER", "a6"),
        "copies": int(env.get("HARBOR_LABEL_COPIES", "2")),
    }
