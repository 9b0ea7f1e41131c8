PRICES = {"tea": 300, "cup": 500}
