class Basket:
    def __init__(self, names=[]):
        self.names = names

    def add(self, name):
        self.names.append(name)
