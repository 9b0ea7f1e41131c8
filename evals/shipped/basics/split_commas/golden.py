def split_commas(text):
    return text.split(",")
