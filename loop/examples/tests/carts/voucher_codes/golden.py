import re


def is_valid(code):
    return re.fullmatch(r"[A-Z]{3}-[0-9]{4}", code) is not None
