def shop_settings(env):
    return {
        "currency": env.get("HARBOR_SHOP_CURRENCY", "eur"),
        "countries": env.get("HARBOR_SHOP_COUNTRIES", "de;fr").split(";"),
    }
