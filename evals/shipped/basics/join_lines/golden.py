def join_lines(lines):
    return "\n".join(lines)
