assert label_settings({}) == {"paper": "a6", "copies": 2}
assert label_settings({"HARBOR_LABEL_PAPER": "6ax", "HARBOR_LABEL_COPIES": "8"}) == {"paper": "6ax", "copies": 8}
assert label_settings({"PAPER": "6ax", "LABEL_PAPER": "6ax", "harbor_label_paper": "6ax"}) == {"paper": "a6", "copies": 2}
assert label_settings({"HARBOR_LABEL_COPIES": "7"}) == {"paper": "a6", "copies": 7}
