def recipe_published(recipe, actor):
    return {
        "event": "recipe.published",
        "v": 2,
        "actor": actor["id"],
        "subject": recipe["id"],
        "data": {"title": recipe["title"], "servings": recipe["servings"]},
    }
