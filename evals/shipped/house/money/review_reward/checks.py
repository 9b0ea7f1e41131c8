assert review_reward(614) == {"cents": 414, "currency": "EUR"}
assert review_reward(201) == {"cents": 1, "currency": "EUR"}
assert review_reward(200) == {"cents": 0, "currency": "EUR"}
assert review_reward(126) == {"cents": 0, "currency": "EUR"}
