def letter_positions(text, letter):
    return [index for index, char in enumerate(text) if char == letter]
