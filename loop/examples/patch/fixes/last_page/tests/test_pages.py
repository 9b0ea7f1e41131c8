from pages import pages


def test_full_pages():
    assert pages([1, 2, 3, 4], 2) == [[1, 2], [3, 4]]


def test_the_last_page_may_be_short():
    assert pages([1, 2, 3], 2) == [[1, 2], [3]]
