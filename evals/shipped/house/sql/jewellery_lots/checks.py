assert columns() == ["id", "bid_eur"]
assert rows()[:2] == [(62, 880.5), (81, 2500.75)]
assert len(rows()) == 50
