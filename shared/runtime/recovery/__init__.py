"""How a partition is taken over.

`recover` fences whoever had it and finds out where it stands, `restore` reads back what the store lacks.
"""
