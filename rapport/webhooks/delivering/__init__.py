"""One event on its way to one endpoint: what is posted, how often, and what is kept of a failure.

Read `endpoints` (where to, kept in a file, with secrets), `message` (the body), `posting` (one attempt: its headers, and the
metrics), `gate` (how many attempts at once, and how long after a failure the next one), `delivery` (each member's order),
`failure` (when an event is given up, and what is kept of it). Signed headers: `shared/delivery/signature`.
"""
