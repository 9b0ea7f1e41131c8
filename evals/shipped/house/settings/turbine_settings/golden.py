def turbine_settings(env):
    return {
        "blades": int(env.get("HARBOR_TURBINE_BLADES", "3")),
        "brake_ms": int(env.get("HARBOR_TURBINE_BRAKE", "7")) * 1000,
    }
