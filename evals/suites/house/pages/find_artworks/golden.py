def find_artworks(rows, word, page=1):
    found = [row for row in rows if not row["deleted"] and (word in row["title"] or word in row["artist"])]
    found.sort(key=lambda row: row["year"])
    start = (page - 1) * 25
    return {"items": found[start:start + 25], "page": page, "total": len(found)}
