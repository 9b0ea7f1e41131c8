from prices import PRICES


def label(name):
    return f"{name}: {PRICES[name] / 100:.2f}"
