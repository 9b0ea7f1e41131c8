def heating_settings(env):
    return {
        "mode": env.get("HARBOR_HEATING_MODE", "eco"),
        "degrees": int(env.get("HARBOR_HEATING_DEGREES", "19")),
        "boost": env.get("HARBOR_HEATING_BOOST", "off") == "on",
    }
