def public_playlists(rows, page=1):
    found = [row for row in rows if not row["deleted"] and row["public"]]
    found.sort(key=lambda row: row["followers"], reverse=True)
    start = (page - 1) * 25
    items = [{"id": row["id"], "name": row["name"], "followers": row["followers"]} for row in found[start:start + 25]]
    return {"items": items, "page": page, "total": len(found)}
