"""decontam: screen training data against the holdout. Verb: screen."""
