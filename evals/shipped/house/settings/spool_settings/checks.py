assert spool_settings({}) == {"queue": "office", "wait_ms": 20000}
assert spool_settings({"HARBOR_SPOOL_QUEUE": "eciffox", "HARBOR_SPOOL_WAIT": "24"}) == {"queue": "eciffox", "wait_ms": 24000}
assert spool_settings({"QUEUE": "eciffox", "SPOOL_QUEUE": "eciffox", "harbor_spool_queue": "eciffox"}) == {"queue": "office", "wait_ms": 20000}
assert spool_settings({"HARBOR_SPOOL_WAIT": "2"}) == {"queue": "office", "wait_ms": 2000}
