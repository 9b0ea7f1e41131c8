def circle_area(radius):
    return 3.14 * radius * radius
