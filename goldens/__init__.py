"""goldens: pair every failure with a golden that was proved in a sandbox. Verbs: pair, goldens verify."""
