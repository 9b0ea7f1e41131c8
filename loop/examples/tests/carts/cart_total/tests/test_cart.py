import pytest
from cart import Cart


def test_an_empty_cart_costs_nothing():
    assert Cart().total() == 0


def test_articles_add_up():
    cart = Cart()
    cart.add("tea")
    cart.add("cup")
    assert cart.total() == 800


def test_an_unknown_article_is_refused():
    with pytest.raises(KeyError):
        Cart().add("boat")
