"""Files that are read from an address on the web: what may be asked for, and how far an answer is followed.

Read in this order: `limits`, `address` (which addresses are asked), `unpacked` (bytes that come packed), `get` (one look).
"""
