def sonar_settings(env):
    return {
        "depth": int(env.get("HARBOR_SONAR_DEPTH", "80")),
        "ping_ms": int(env.get("HARBOR_SONAR_PING", "5")) * 1000,
    }
