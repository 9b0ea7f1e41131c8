"""Logs of production as entries: one module a format, redaction before anything is kept, counts in = out + quarantined."""
