def greenhouse_alarms(rows, page=1):
    found = [row for row in rows if not row["deleted"] and (row["temperature"] < 5 or row["temperature"] > 35)]
    found.sort(key=lambda row: row["id"])
    start = (page - 1) * 25
    hottest = max([row["temperature"] for row in found], default=None)
    return {"items": found[start:start + 25], "page": page, "total": len(found), "hottest": hottest}
