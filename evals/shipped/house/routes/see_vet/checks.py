assert see_vet({"pet": "Rex", "wing": "east", "extra": "x"}) == {"status": 200, "data": {"pet": "Rex", "wing": "east"}}
assert see_vet({}) == {"status": 400, "errors": {"pet": "required", "wing": "required"}}
assert see_vet({"pet": "Rex", "wing": ""}) == {"status": 400, "errors": {"wing": "required"}}
assert see_vet({"pet": "Rex", "wing": "west"}) == {"status": 200, "data": {"pet": "Rex", "wing": "west"}}
assert see_vet({"wing": "Q"}) == {"status": 400, "errors": {"pet": "required", "wing": "not_allowed"}}
