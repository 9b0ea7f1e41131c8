"""The audit of training files: ``run`` reads and decides, ``tally`` counts, ``outputs``, ``report`` and ``clean`` write.

``semantic`` adds the nearest texts by meaning, for people or a judge.
"""
