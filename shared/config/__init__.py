"""The settings of a process: `settings` has them all, the others each read one kind of value.

Read `settings` first.
"""
