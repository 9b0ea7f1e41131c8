assert crm_settings({}) == {"server": "crm1", "pool": 8}
assert crm_settings({"HARBOR_CRM_SERVER": "1mrcx", "HARBOR_CRM_POOL": "14"}) == {"server": "1mrcx", "pool": 14}
assert crm_settings({"SERVER": "1mrcx", "CRM_SERVER": "1mrcx", "harbor_crm_server": "1mrcx"}) == {"server": "crm1", "pool": 8}
assert crm_settings({"HARBOR_CRM_POOL": "7"}) == {"server": "crm1", "pool": 7}
