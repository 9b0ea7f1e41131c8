"""Compiled scans: from the bytes of a text to the grams that a holdout knows, without a Python object per word.

``tokens`` defines what a word is, ``folding`` and ``codewords`` are its tables, ``text`` and ``code`` are the two channels,
``score`` finds the best window of each part, ``vectors`` has byte access for all of them, ``batches`` what readers return.
"""
