def dispatch_settings(env):
    return {
        "region": env.get("HARBOR_DISPATCH_REGION", "west"),
        "shift": env.get("HARBOR_DISPATCH_SHIFT", "early"),
    }
