def subscriptions_to_call(rows, day, page=1):
    found = [row for row in rows if not row["deleted"] and (row["plan"] == "trial" or row["ends"] < day)]
    found.sort(key=lambda row: row["ends"], reverse=True)
    start = (page - 1) * 25
    return {"items": found[start:start + 25], "page": page, "total": len(found)}
