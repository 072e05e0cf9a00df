"""LinkedIn's export: the same rows give the same events with the same ids, so importing twice changes nothing.

Read `export` (the two readings), `checking` (the first), `events` (the second), then what one row of each file says, with its
columns: `rows` (connections, invitations), `messages`, `recommendations`. `dates` reads dates, `people` finds who is who,
`matching` tells accepted invites from pending ones, `owner` whose export it is.
"""
