"""finetune: train a LoRA adapter on a trainset. Verb: train."""
