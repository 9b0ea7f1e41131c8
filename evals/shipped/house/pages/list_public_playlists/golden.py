def list_public_playlists(rows, page=1):
    found = [row for row in rows if not row["deleted"] and row["visibility"] == "public"]
    found.sort(key=lambda row: row["name"])
    start = (page - 1) * 25
    return {"items": found[start:start + 25], "page": page, "total": len(found)}
