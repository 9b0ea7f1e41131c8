from basket import Basket


def test_names_are_kept():
    basket = Basket(["tea"])
    basket.add("cup")
    assert basket.names == ["tea", "cup"]


def test_baskets_share_nothing():
    Basket().add("tea")
    assert Basket().names == []
