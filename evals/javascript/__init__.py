"""JavaScript and TypeScript as text and values: checks taken apart (``checks``), literals, modules, and JavaScript's equalities.

Parsed by tree-sitter, never run here.
"""
