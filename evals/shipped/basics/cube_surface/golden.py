def cube_surface(side):
    return 6 * side * side
