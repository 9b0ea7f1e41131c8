def hotel_rated(hotel, actor, stars):
    better = stars > hotel["stars"]
    return {
        "event": "hotel.rated",
        "v": 2,
        "actor": actor["id"],
        "subject": hotel["id"],
        "data": {"better": better, "stars": {"from": hotel["stars"], "to": stars}},
    }
