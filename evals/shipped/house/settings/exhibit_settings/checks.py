assert exhibit_settings({}) == {"audio": "english", "visitors": 300, "captions": False}
assert exhibit_settings({"HARBOR_EXHIBIT_AUDIO": "hsilgnex", "HARBOR_EXHIBIT_VISITORS": "306", "HARBOR_EXHIBIT_CAPTIONS": "on"}) == {"audio": "hsilgnex", "visitors": 306, "captions": True}
assert exhibit_settings({"AUDIO": "hsilgnex", "EXHIBIT_AUDIO": "hsilgnex", "harbor_exhibit_audio": "hsilgnex"}) == {"audio": "english", "visitors": 300, "captions": False}
assert exhibit_settings({"HARBOR_EXHIBIT_CAPTIONS": "true"}) == {"audio": "english", "visitors": 300, "captions": False}
assert exhibit_settings({"HARBOR_EXHIBIT_CAPTIONS": "off"}) == {"audio": "english", "visitors": 300, "captions": False}
