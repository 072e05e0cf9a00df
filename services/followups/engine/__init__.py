"""What a rule makes of a state: whether it starts, when it is due, when it ends, what it says. Read `evaluate` first.

`preconditions` and `schedule` are what it asks, `events` what it publishes; `quiet` is about a rule as a whole.
"""
