"""What events make of the state.

Those from outside as merges, in any order, and the service's own in the order in which they were said. Read `events` first,
with `touched` (which items an event is about), then `merge` (one subject), `answers` (done, not now, taken back) and `own`.
What passes between two people (a message, a call) becomes a mark there, without its words. `habits` counts what a member
answers, `reconnect` chooses whom to get in touch with again, and how many a week.
"""
