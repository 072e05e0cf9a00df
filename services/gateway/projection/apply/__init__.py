"""How events change what is known: those of the product join, those of a service count by their number."""
