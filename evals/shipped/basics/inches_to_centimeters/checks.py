assert inches_to_centimeters(1) == 2.54
assert inches_to_centimeters(2) == 5.08
assert inches_to_centimeters(0) == 0
