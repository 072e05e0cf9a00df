"""One event on its way to one endpoint: what is posted, how often, and what is kept of a failure.

Read `endpoints` (where to, kept in a file), `message` (what is posted), `posting` (one attempt), `gate` (how many
attempts at once, and how long after a failure the next one), `delivery` (each member's order), `failure` (what is kept
of one).
"""
