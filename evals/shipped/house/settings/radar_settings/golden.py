def radar_settings(env):
    return {
        "range": int(env.get("HARBOR_RADAR_RANGE", "250")),
        "sweep_ms": int(env.get("HARBOR_RADAR_SWEEP", "12")) * 1000,
    }
