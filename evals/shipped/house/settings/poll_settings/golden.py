def poll_settings(env):
    return {
        "sample": int(env.get("HARBOR_POLL_SAMPLE", "120")),
        "answers": env.get("HARBOR_POLL_ANSWERS", "yes;no").split(";"),
    }
