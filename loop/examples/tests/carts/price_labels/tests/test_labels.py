from labels import label


def test_whole_euros():
    assert label("tea") == "tea: 3.00"


def test_another_article():
    assert label("cup") == "cup: 5.00"
