"""What *followups* knows of a member, as values.

Read `state` first, then `values` (what it is made of), `slot` (one rule on one subject) and `answers`. `event_codes` has the
two letters of each event, `stored` the short form in which the store has subjects and candidates.
"""
