def podcast_released(podcast, actor):
    return {
        "event": "podcast.released",
        "v": 2,
        "actor": actor["id"],
        "subject": podcast["id"],
        "data": {
            "title": podcast["title"],
            "minutes": podcast["seconds"] // 60,
            "guests": len(podcast["guests"]),
        },
    }
