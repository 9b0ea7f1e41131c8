assert greet("Anna") == "Hello, Anna!"
assert greet("Bob") == "Hello, Bob!"
assert greet("X") == "Hello, X!"
assert greet("Mary Ann") == "Hello, Mary Ann!"
