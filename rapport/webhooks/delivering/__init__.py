"""One event on its way to one endpoint: what is posted, how often, and what is kept of a failure.

Read `endpoints` (where to, kept in a file), `message` (what is posted), `posting` (one attempt), `gate` and `delivery`
(attempts and their order), `failure` (what is kept of one).
"""
