assert podcast_released({"id": 8, "title": "Bees", "seconds": 1810, "guests": ["Al", "Bo"]}, {"id": 5}) == {"event": "podcast.released", "v": 2, "actor": 5, "subject": 8, "data": {"title": "Bees", "minutes": 30, "guests": 2}}
assert podcast_released({"id": 9, "title": "Ants", "seconds": 59, "guests": []}, {"id": 5}) == {"event": "podcast.released", "v": 2, "actor": 5, "subject": 9, "data": {"title": "Ants", "minutes": 0, "guests": 0}}
assert podcast_released({"id": 9, "title": "Ants", "seconds": 119, "guests": ["Cy"], "host": "Di"}, {"id": 5})["data"] == {"title": "Ants", "minutes": 1, "guests": 1}
assert list(podcast_released({"id": 9, "title": "Ants", "seconds": 60, "guests": []}, {"id": 5})) == ["event", "v", "actor", "subject", "data"]
