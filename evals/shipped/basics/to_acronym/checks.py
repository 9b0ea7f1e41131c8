assert to_acronym("as soon as") == "ASA"
assert to_acronym("") == ""
assert to_acronym("north sea") == "NS"
