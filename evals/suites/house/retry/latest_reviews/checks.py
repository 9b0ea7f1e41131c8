waits = []
def answers(*steps):
    left = list(steps)
    def call(product):
        step = left.pop(0)
        if isinstance(step, Exception):
            raise step
        return [product + str(n) for n in step]
    return call
assert latest_reviews(answers([1, 2]), waits.append, "mug") == {"ok": True, "value": ["mug1", "mug2"]}
assert waits == []
assert latest_reviews(answers([], ConnectionError(), [3]), [].append, "pen") == {"ok": True, "value": ["pen3"]}
assert latest_reviews(answers([], ConnectionError(), [], [4]), waits.append, "pen") == {"ok": False, "error": "feed_unavailable"}
assert waits == [0.25, 0.5, 1.0]
with raises(TimeoutError): latest_reviews(answers(TimeoutError()), [].append, "pen")
