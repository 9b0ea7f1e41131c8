def library_settings(env):
    return {
        "days": int(env.get("HARBOR_LIBRARY_DAYS", "21")),
        "fee": int(env.get("HARBOR_LIBRARY_FEE", "2")),
    }
