def list_weekly_podcasts(rows, page=1):
    found = [row for row in rows if not row["deleted"] and row["rhythm"] == "weekly"]
    found.sort(key=lambda row: row["host"])
    start = (page - 1) * 25
    return {"items": found[start:start + 25], "page": page, "total": len(found)}
