"""finetune: train an adapter on a trainset. Verb: train.

``train`` is the entry (gate, trainer, report), ``base`` the seam of trainers; ``lora`` is the loop on transformers and peft, with
its ``objectives``, ``batches`` and ``checkpoints``; ``scripted`` trains nothing, for what runs without a model.
"""

import evals.models  # noqa: F401  # settles how the threads of torch wait, before ``lora`` loads it
