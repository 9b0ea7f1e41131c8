assert studio_settings({}) == {"codec": "opus", "voices": ["anna", "ben"]}
assert studio_settings({"HARBOR_STUDIO_CODEC": "supox", "HARBOR_STUDIO_VOICES": "one;two;three"}) == {"codec": "supox", "voices": ["one", "two", "three"]}
assert studio_settings({"CODEC": "supox", "STUDIO_CODEC": "supox", "harbor_studio_codec": "supox"}) == {"codec": "opus", "voices": ["anna", "ben"]}
assert studio_settings({"HARBOR_STUDIO_VOICES": "solo"}) == {"codec": "opus", "voices": ["solo"]}
