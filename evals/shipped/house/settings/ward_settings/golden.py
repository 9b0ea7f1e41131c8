def ward_settings(env):
    return {
        "floor": int(env.get("HARBOR_WARD_FLOOR", "3")),
        "call_ms": int(env.get("HARBOR_WARD_CALL", "45")) * 1000,
    }
