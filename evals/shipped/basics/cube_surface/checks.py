assert cube_surface(1) == 6
assert cube_surface(2) == 24
assert cube_surface(0) == 0
