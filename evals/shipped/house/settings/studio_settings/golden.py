def studio_settings(env):
    return {
        "codec": env.get("HARBOR_STUDIO_CODEC", "opus"),
        "voices": env.get("HARBOR_STUDIO_VOICES", "anna;ben").split(";"),
    }
