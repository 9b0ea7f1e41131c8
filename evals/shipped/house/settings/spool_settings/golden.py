def spool_settings(env):
    return {
        "queue": env.get("HARBOR_SPOOL_QUEUE", "office"),
        "wait_ms": int(env.get("HARBOR_SPOOL_WAIT", "20")) * 1000,
    }
