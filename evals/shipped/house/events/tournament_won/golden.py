def tournament_won(tournament, actor):
    return {
        "event": "tournament.won",
        "v": 2,
        "actor": actor["id"],
        "subject": tournament["id"],
        "data": {"champion": tournament["champion"], "prize": tournament["prize"]},
    }
