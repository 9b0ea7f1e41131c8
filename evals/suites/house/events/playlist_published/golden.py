def playlist_published(playlist, actor):
    return {
        "event": "playlist.published",
        "v": 2,
        "actor": actor["id"],
        "subject": playlist["id"],
        "data": {"title": playlist["title"], "tracks": len(playlist["tracks"])},
    }
