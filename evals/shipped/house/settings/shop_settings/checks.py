assert shop_settings({}) == {"currency": "eur", "countries": ["de", "fr"]}
assert shop_settings({"HARBOR_SHOP_CURRENCY": "ruex", "HARBOR_SHOP_COUNTRIES": "one;two;three"}) == {"currency": "ruex", "countries": ["one", "two", "three"]}
assert shop_settings({"CURRENCY": "ruex", "SHOP_CURRENCY": "ruex", "harbor_shop_currency": "ruex"}) == {"currency": "eur", "countries": ["de", "fr"]}
assert shop_settings({"HARBOR_SHOP_COUNTRIES": "solo"}) == {"currency": "eur", "countries": ["solo"]}
