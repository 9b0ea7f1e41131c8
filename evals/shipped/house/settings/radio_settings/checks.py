assert radio_settings({}) == {"station": "jazz1", "genres": ["swing", "bebop"]}
assert radio_settings({"HARBOR_RADIO_STATION": "1zzajx", "HARBOR_RADIO_GENRES": "one;two;three"}) == {"station": "1zzajx", "genres": ["one", "two", "three"]}
assert radio_settings({"STATION": "1zzajx", "RADIO_STATION": "1zzajx", "harbor_radio_station": "1zzajx"}) == {"station": "jazz1", "genres": ["swing", "bebop"]}
assert radio_settings({"HARBOR_RADIO_GENRES": "solo"}) == {"station": "jazz1", "genres": ["solo"]}
