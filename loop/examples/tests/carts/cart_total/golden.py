from prices import PRICES


class Cart:
    def __init__(self):
        self.names = []

    def add(self, name):
        if name not in PRICES:
            raise KeyError(name)
        self.names.append(name)

    def total(self):
        return sum(PRICES[name] for name in self.names)
