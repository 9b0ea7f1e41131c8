def quick_recipes(rows, ingredient, page=1):
    found = [row for row in rows if not row["deleted"] and row["minutes"] <= 30 and ingredient in row["ingredients"]]
    found.sort(key=lambda row: row["minutes"])
    start = (page - 1) * 25
    return {"items": found[start:start + 25], "page": page, "total": len(found)}
