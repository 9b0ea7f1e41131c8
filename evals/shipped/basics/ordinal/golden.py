def ordinal(n):
    endings = {1: "st", 2: "nd", 3: "rd"}
    return str(n) + endings.get(n, "th")
