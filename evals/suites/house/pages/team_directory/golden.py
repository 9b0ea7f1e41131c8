def team_directory(rows, team, page=1):
    found = [row for row in rows if not row["deleted"] and row["team"] == team]
    found.sort(key=lambda row: (row["last"], row["first"]))
    start = (page - 1) * 25
    items = [{"first": row["first"], "last": row["last"], "phone": row["phone"]} for row in found[start:start + 25]]
    return {"items": items, "page": page, "total": len(found)}
