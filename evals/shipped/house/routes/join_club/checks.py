assert join_club({"member": "Sol", "branch": "Old Town", "extra": "x"}) == {"status": 200, "data": {"member": "Sol", "branch": "Old Town"}}
assert join_club({}) == {"status": 400, "errors": {"member": "required", "branch": "required"}}
assert join_club({"member": "Sol", "branch": ""}) == {"status": 400, "errors": {"branch": "required"}}
assert join_club({"branch": "Old Town"}) == {"status": 400, "errors": {"member": "required"}}
