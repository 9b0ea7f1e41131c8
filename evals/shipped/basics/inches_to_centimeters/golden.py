def inches_to_centimeters(inches):
    return inches * 2.54
