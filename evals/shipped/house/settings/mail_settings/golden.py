def mail_settings(env):
    return {
        "host": env.get("HARBOR_MAIL_HOST", "localhost"),
        "port": int(env.get("HARBOR_MAIL_PORT", "25")),
        "tls": env.get("HARBOR_MAIL_TLS", "off") == "on",
    }
