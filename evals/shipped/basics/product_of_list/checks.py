assert product_of_list([2, 3, 4]) == 24
assert product_of_list([]) == 1
assert product_of_list([5, 0]) == 0
assert product_of_list([-1, 6]) == -6
