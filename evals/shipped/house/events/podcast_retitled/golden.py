def podcast_retitled(podcast, actor, headline):
    return {
        "event": "podcast.retitled",
        "v": 2,
        "actor": actor["id"],
        "subject": podcast["id"],
        "data": {"headline": {"from": podcast["headline"], "to": headline}},
    }
