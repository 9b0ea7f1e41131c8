def calendar_settings(env):
    return {
        "zone": env.get("HARBOR_CALENDAR_ZONE", "utc"),
        "hold_ms": int(env.get("HARBOR_CALENDAR_HOLD", "90")) * 1000,
    }
