"""What events make of the state.

Those from outside as merges, the service's own in the order in which they were said. Read `events` first, with `touched`
(which items an event is about), then `merge` (follow-ups, meetings, invites), `connection_reasons` (why people connect) and
`pushes`; `dated` forgets what is old.
"""
