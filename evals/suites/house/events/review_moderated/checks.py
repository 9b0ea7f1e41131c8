assert review_moderated({"id": 6, "stars": 4, "text": "Nice"}, {"id": "m1"}, True) == {"event": "review.approved", "v": 2, "actor": "m1", "subject": 6, "data": {"stars": 4}}
assert review_moderated({"id": 7, "stars": 1}, {"id": "m1"}, False) == {"event": "review.rejected", "v": 2, "actor": "m1", "subject": 7, "data": {"stars": 1}}
assert review_moderated({"id": 7, "stars": 5}, {"id": "m2"}, False)["event"] == "review.rejected"
assert list(review_moderated({"id": 7, "stars": 5}, {"id": "m2"}, True)) == ["event", "v", "actor", "subject", "data"]
