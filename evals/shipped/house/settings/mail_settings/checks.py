assert mail_settings({}) == {"host": "localhost", "port": 25, "tls": False}
assert mail_settings({"HARBOR_MAIL_HOST": "tsohlacolx", "HARBOR_MAIL_PORT": "31", "HARBOR_MAIL_TLS": "on"}) == {"host": "tsohlacolx", "port": 31, "tls": True}
assert mail_settings({"HOST": "tsohlacolx", "MAIL_HOST": "tsohlacolx", "harbor_mail_host": "tsohlacolx"}) == {"host": "localhost", "port": 25, "tls": False}
assert mail_settings({"HARBOR_MAIL_TLS": "true"}) == {"host": "localhost", "port": 25, "tls": False}
assert mail_settings({"HARBOR_MAIL_TLS": "off"}) == {"host": "localhost", "port": 25, "tls": False}
