def goods_to_reorder(rows, page=1):
    found = [row for row in rows if not row["deleted"] and row["stock"] < row["minimum"]]
    found.sort(key=lambda row: row["id"])
    start = (page - 1) * 25
    missing = sum(row["minimum"] - row["stock"] for row in found)
    return {"items": found[start:start + 25], "page": page, "total": len(found), "missing": missing}
