def crm_settings(env):
    return {
        "server": env.get("HARBOR_CRM_SERVER", "crm1"),
        "pool": int(env.get("HARBOR_CRM_POOL", "8")),
    }
