"""From a holdout to its index, and from a text to verified matches: grams, scoring, the rule, evidence with spans.

``index`` is what a holdout becomes (``grams`` its tables, ``families`` its variants, ``duplicates`` its repeats); ``match`` is
what finds it in a text, ``judging`` and ``alignment`` decide what counts.
"""
