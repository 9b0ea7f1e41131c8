assert tournament_won({"id": 44, "rounds": 7, "game": "chess"}, {"id": 2}, {"id": 13, "name": "Magda", "points": 6}) == {"event": "tournament.won", "v": 2, "actor": 2, "subject": 44, "data": {"name": "M.", "points": 6, "rounds": 7}}
assert tournament_won({"id": 45, "rounds": 3}, {"id": 2, "name": "Ref"}, {"id": 14, "name": "Dario", "points": 0}) == {"event": "tournament.won", "v": 2, "actor": 2, "subject": 45, "data": {"name": "D.", "points": 0, "rounds": 3}}
assert tournament_won({"id": 45, "rounds": 3}, {"id": 2}, {"id": 14, "name": "Yuki", "points": 1, "email": "y@k.jp"})["data"] == {"name": "Y.", "points": 1, "rounds": 3}
assert list(tournament_won({"id": 45, "rounds": 3}, {"id": 2}, {"id": 14, "name": "Yuki", "points": 1})) == ["event", "v", "actor", "subject", "data"]
