assert save_recipe({"title": "Soup", "steps": "Boil", "extra": "x"}) == {"status": 200, "data": {"title": "Soup", "steps": "Boil"}}
assert save_recipe({}) == {"status": 400, "errors": {"title": "required", "steps": "required"}}
assert save_recipe({"title": "Soup", "steps": ""}) == {"status": 400, "errors": {"steps": "required"}}
assert save_recipe({"steps": "Boil"}) == {"status": 400, "errors": {"title": "required"}}
