"""evals: run tasks against a model and grade what it wrote. Verb: run."""
