def tournament_ranking(rows, group, page=1):
    found = [row for row in rows if not row["deleted"] and row["group"] == group and row["played"] >= 1]
    found.sort(key=lambda row: (-row["points"], row["name"]))
    start = (page - 1) * 25
    return {"items": found[start:start + 25], "page": page, "total": len(found)}
