def sum_of_digits_text(text):
    return sum(int(char) for char in text if char in "0123456789")
