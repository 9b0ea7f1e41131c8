def pilot_settings(env):
    return {
        "channel": env.get("HARBOR_PILOT_CHANNEL", "vhf12"),
        "tugs": int(env.get("HARBOR_PILOT_TUGS", "4")),
    }
