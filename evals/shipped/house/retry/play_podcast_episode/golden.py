def play_podcast_episode(call, sleep):
    for attempt in range(4):
        try:
            return {"ok": True, "value": call()}
        except BufferError:
            sleep(0.25 * 2 ** attempt)
    return {"ok": False, "error": "stream_unavailable"}
