"""What a process says of itself in the store, for whoever looks from elsewhere.

Read `process_report`, then `tally`, the numbers in it.
"""
