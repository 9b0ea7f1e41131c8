def climate_settings(env):
    return {
        "sensor": env.get("HARBOR_CLIMATE_SENSOR", "dht22"),
        "mist_ms": int(env.get("HARBOR_CLIMATE_MIST", "15")) * 1000,
    }
