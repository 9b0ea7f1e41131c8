assert auction_winner_pays(10000) == {"cents": 11250, "currency": "EUR"}
assert auction_winner_pays(20) == {"cents": 23, "currency": "EUR"}
assert auction_winner_pays(400000) == {"cents": 450000, "currency": "EUR"}
assert auction_winner_pays(900000) == {"cents": 950000, "currency": "EUR"}
