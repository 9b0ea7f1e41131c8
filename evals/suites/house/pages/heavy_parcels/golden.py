def heavy_parcels(rows, page=1):
    found = [row for row in rows if not row["deleted"] and row["weight"] > 20]
    found.sort(key=lambda row: row["weight"], reverse=True)
    start = (page - 1) * 25
    items = [{"id": row["id"], "weight": row["weight"]} for row in found[start:start + 25]]
    return {"items": items, "page": page, "total": len(found)}
