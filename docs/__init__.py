"""The documentation: pages by hand, with parts that ``python -m docs.generate`` fills from the code and from measured figures."""
