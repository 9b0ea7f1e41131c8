"""loop: conduct rounds; config, gate, registry, store, report, command line. Verb: conduct."""
