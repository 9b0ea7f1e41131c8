def rental_settings(env):
    return {
        "dock": env.get("HARBOR_RENTAL_DOCK", "square"),
        "bikes": int(env.get("HARBOR_RENTAL_BIKES", "18")),
        "lights": env.get("HARBOR_RENTAL_LIGHTS", "off") == "on",
    }
