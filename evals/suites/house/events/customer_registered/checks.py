assert customer_registered({"id": 5, "email": "mia@web.de", "plan": "basic", "name": "Mia"}, {"id": 1}) == {"event": "customer.registered", "v": 2, "actor": 1, "subject": 5, "data": {"email": "m***", "plan": "basic"}}
assert customer_registered({"id": 6, "email": "zed@x.org", "plan": "pro"}, {"id": "bot", "email": "bot@x.org"}) == {"event": "customer.registered", "v": 2, "actor": "bot", "subject": 6, "data": {"email": "z***", "plan": "pro"}}
assert customer_registered({"id": 6, "email": "q@q.io", "plan": "pro"}, {"id": 3})["data"] == {"email": "q***", "plan": "pro"}
assert list(customer_registered({"id": 6, "email": "q@q.io", "plan": "pro"}, {"id": 3})) == ["event", "v", "actor", "subject", "data"]
