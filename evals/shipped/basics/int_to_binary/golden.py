def int_to_binary(n):
    return bin(n)[2:]
