assert count_vowels("banana") == 3
assert count_vowels("Apple") == 2
assert count_vowels("") == 0
assert count_vowels("xyz") == 0
assert count_vowels("AEIOU") == 5
