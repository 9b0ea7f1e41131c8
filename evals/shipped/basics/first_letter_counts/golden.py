def first_letter_counts(words):
    counts = {}
    for word in words:
        counts[word[0]] = counts.get(word[0], 0) + 1
    return counts
