assert library_settings({}) == {"days": 21, "fee": 2}
assert library_settings({"HARBOR_LIBRARY_DAYS": "27", "HARBOR_LIBRARY_FEE": "8"}) == {"days": 27, "fee": 8}
assert library_settings({"DAYS": "27", "LIBRARY_DAYS": "27", "harbor_library_days": "27"}) == {"days": 21, "fee": 2}
assert library_settings({"HARBOR_LIBRARY_FEE": "7"}) == {"days": 21, "fee": 7}
