"""From a production failure to a gating test: problems, their proofs, drafts, decisions of people, active tasks.

``goldens.production.triage`` conducts; every other module is one step. A problem is a group of answers that failed at the same
thing; it becomes a task only by what was run, never by what was said.
"""
