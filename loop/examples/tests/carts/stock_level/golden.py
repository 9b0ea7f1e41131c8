class Stock:
    def __init__(self, counts):
        self.counts = dict(counts)

    def take(self, name, count):
        if self.counts[name] < count:
            raise ValueError(f"only {self.counts[name]} left")
        self.counts[name] -= count

    def left(self, name):
        return self.counts[name]
