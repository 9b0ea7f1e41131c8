def swap_case(text):
    return text.swapcase()
