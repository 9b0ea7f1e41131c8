assert poll_settings({}) == {"sample": 120, "answers": ["yes", "no"]}
assert poll_settings({"HARBOR_POLL_SAMPLE": "126", "HARBOR_POLL_ANSWERS": "one;two;three"}) == {"sample": 126, "answers": ["one", "two", "three"]}
assert poll_settings({"SAMPLE": "126", "POLL_SAMPLE": "126", "harbor_poll_sample": "126"}) == {"sample": 120, "answers": ["yes", "no"]}
assert poll_settings({"HARBOR_POLL_ANSWERS": "solo"}) == {"sample": 120, "answers": ["solo"]}
