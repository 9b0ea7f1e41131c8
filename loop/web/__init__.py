"""The web application: look at runs and failures, compare, review drafts. Routes are thin; all queries are in ``catalogue``."""
