"""trainset: build fine-tuning data from clean pairs. Verb: build."""
