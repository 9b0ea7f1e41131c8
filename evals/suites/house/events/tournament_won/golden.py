def tournament_won(tournament, actor, winner):
    return {
        "event": "tournament.won",
        "v": 2,
        "actor": actor["id"],
        "subject": tournament["id"],
        "data": {
            "name": winner["name"][0] + ".",
            "points": winner["points"],
            "rounds": tournament["rounds"],
        },
    }
