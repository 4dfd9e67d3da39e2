"""One module per check; each takes an assembly and writes into a result."""
