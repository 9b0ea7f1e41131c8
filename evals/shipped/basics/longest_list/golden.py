def longest_list(lists):
    return max(lists, key=len)
