"""What a rule makes of a state: whether it starts, when it is due, when it ends, what it says. Read `evaluate` first.

`preconditions` and `schedule` (days, quiet hours, pauses) are what it asks, `events` what it publishes, with the sentence of
`lines`. `push` says whether a reminder is pushed (so many a day), `quiet` when a rule falls silent as a whole, `reopening`
what becomes of answers that are taken back, `explain` how a rule stands; `found` saves asking twice.
"""
