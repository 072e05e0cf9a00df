"""How events change what is known: those of the product are merged, those of a service count by their number.

Read `activity` first (the product's events), then `services` (those of services); `people` is shared by both.
"""
