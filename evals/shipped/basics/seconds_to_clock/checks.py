assert seconds_to_clock(205) == "03:25"
assert seconds_to_clock(0) == "00:00"
assert seconds_to_clock(3599) == "59:59"
