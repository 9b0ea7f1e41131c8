def seconds_to_clock(seconds):
    return f"{seconds // 60:02d}:{seconds % 60:02d}"
