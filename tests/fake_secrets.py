"""Secrets that nobody has: ``SECRETS`` are (kind, value, sentence); the value stands in the sentence and must not be kept.

Tokens are put together here, so that no scanner of repositories takes them for real ones. The examples stand in prose; in a
fenced block most are found, too.
"""

from __future__ import annotations

HEX = "9f3b7c1ed2a84605b1c7e93fd08a2645"
MIXED = "qT7vLx2RbK9mZc4NwY8p"
LONG = "Zk8Rw2Tq9Lm4Xv7Nb3Ycp6Hd5Jf1Gs0AuEiWoQyKxB"
KEY_BODY = "\n".join(("MIIE" + LONG * 2)[:64] for _ in range(3))
PRIVATE_KEY = f"-----BEGIN RSA PRIVATE {'KEY'}-----\n{KEY_BODY}\n-----END RSA PRIVATE {'KEY'}-----"
JWT = "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiI5OTQ0MTcifQ" + "." + LONG

# Tokens that tell by their first letters whose they are.
TOKENS = [
    "AKIA" + "Q7FAKE2ZX9FAKE5T",
    "ASIA" + "Z9FAKE4WQ7FAKE3B",
    "AIza" + "Sy" + LONG[:33],
    "ya29." + LONG,
    "GOCSPX-" + LONG[:28],
    "ghp_" + LONG[:36],
    "gho_" + LONG[:36],
    "github_pat_" + LONG[:22] + "_" + LONG,
    "glpat-" + MIXED,
    "glrt-" + MIXED,
    "xoxb-" + "482910573641-" + MIXED,
    "xapp-1-" + "A0Z9Y8X7-" + HEX,
    "sk_live_" + LONG[:24],
    "rk_live_" + LONG[:24],
    "whsec_" + LONG[:32],
    "sk-" + LONG,
    "sk-proj-" + LONG + "-" + MIXED,
    "sk-ant-api03-" + LONG + "-" + MIXED,
    "hf_" + LONG[:34],
    "gsk_" + LONG[:40],
    "npm_" + LONG[:36],
    "pypi-AgEIcHlwaS5vcmc" + LONG * 2,
    "SG." + LONG[:22] + "." + LONG + "A",
    "dop_v1_" + HEX * 2,
    "shpat_" + HEX,
    "dckr_pat_" + LONG[:27],
    "sq0csp-" + LONG,
    "AC" + HEX,
    HEX + "-us14",
    "7381920465:" + LONG[:35],
    JWT,
]

SECRETS: list[tuple[str, str, str]] = [
    *(("secret", token, f"Our deployment uses {token} at the moment.") for token in TOKENS),
    ("secret", PRIVATE_KEY, f"This is the key:\n\n{PRIVATE_KEY}\n\nWhy is it refused?"),
    ("secret", "s4r-Tulip!9", "password = s4r-Tulip!9"),
    ("secret", "Kestrel77x", 'The file has "password": "Kestrel77x", and that fails.'),
    ("secret", "Kestrel78x", "My password is Kestrel78x, can you log in?"),
    ("secret", "marmaladesky", "user: bo\npassword: marmaladesky\n"),
    ("secret", "violet harbour nine", 'passphrase: "violet harbour nine"'),
    ("secret", MIXED, f"api_key: {MIXED}"),
    ("secret", MIXED, f"export MY_API_KEY={MIXED}"),
    ("secret", MIXED, f"The access token is {MIXED}."),
    ("secret", MIXED, f"curl -H 'Authorization: Bearer {MIXED}' /v1/things"),
    ("secret", "Ym86S2VzdHJlbDc3eA==", "Authorization: Basic Ym86S2VzdHJlbDc3eA=="),
    ("secret", LONG[:40], f'aws_secret_access_key = "{LONG[:40]}"'),
    ("secret", LONG * 2, f"DefaultEndpointsProtocol=https;AccountName=bo;AccountKey={LONG * 2}==;EndpointSuffix=core"),
    ("secret", "Kestrel77x", "It connects to postgres://bo:Kestrel77x@db.corp-fake.io:5432/sales."),
    ("secret", "kestrelfarm", "redis://:kestrelfarm@cache.corp-fake.io/0 refuses"),
    ("secret", "Kestrel77x", "git clone https://bo:Kestrel77x@git.corp-fake.io/a.git"),
    ("secret", "Kestrel77x", "Server=db;User Id=bo;Password=Kestrel77x;"),
    ("secret", LONG, f'It printed "{LONG}" twice.'),
    ("secret", HEX, f"It printed '{HEX}' twice."),
    ("email", "bo.tamm@corp-fake.io", "Write to bo.tamm@corp-fake.io, please."),
    ("email", "Bo+lists@mail.corp-fake.co.uk", "From: Bo <Bo+lists@mail.corp-fake.co.uk>"),
    ("phone", "+49 30 7281 9046", "Call +49 30 7281 9046 after noon."),
    ("phone", "+14157281904", "Call +14157281904 after noon."),
    ("phone", "(415) 728-1904", "Call (415) 728-1904 after noon."),
    ("phone", "415-728-1904", "Call 415-728-1904 after noon."),
    ("phone", "020 7281 9046", "Call 020 7281 9046 after noon."),
    ("phone", "06 72 81 90 46", "Call 06 72 81 90 46 after noon."),
    ("phone", "0171/7281904", "Call 0171/7281904 after noon."),
    ("phone", "4157281904", "My phone number is 4157281904."),
    ("card", "4539 7281 9046 3578", "The card 4539 7281 9046 3578 was refused."),
    ("card", "5212-8190-4635-7287", "The card 5212-8190-4635-7287 was refused."),
    ("card", "374281904635723", "The card 374281904635723 was refused."),
    ("ip", "84.17.92.203", "The host 84.17.92.203 does not answer."),
    ("ip", "10.20.30.41", "ssh bo@10.20.30.41 hangs"),
    ("ip", "2a02:8109:9c40:1f::7", "The host 2a02:8109:9c40:1f::7 does not answer."),
    ("ip", "fe80::1c2b:3aff:fe4d:5e6f", "It listens on fe80::1c2b:3aff:fe4d:5e6f only."),
]
