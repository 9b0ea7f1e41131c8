def compress_text(text):
    parts = []
    for char in text:
        if parts and parts[-1][0] == char:
            parts[-1][1] += 1
        else:
            parts.append([char, 1])
    return "".join(char + str(count) for char, count in parts)
