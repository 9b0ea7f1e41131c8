def playlist_shared(playlist, actor):
    return {
        "event": "playlist.shared",
        "v": 2,
        "actor": actor["id"],
        "subject": playlist["id"],
        "data": {"songs": playlist["songs"], "audience": playlist["audience"]},
    }
