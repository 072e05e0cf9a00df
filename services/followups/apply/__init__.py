"""What events make of the state.

Those from outside as merges, in any order, and the service's own in the order in which they were said. Read `events`
first.
"""
