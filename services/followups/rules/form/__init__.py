"""What a rule is made of: a trigger, a schedule, a completion; what it sees, and which combinations there are.

Read `rule`, then `triggers` (with the hour of the morning), `schedules`, `completion`. `context` and `case` are what
functions of a rule see; `checks` refuses what means nothing.
"""
