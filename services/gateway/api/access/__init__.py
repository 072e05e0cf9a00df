"""Who may use the API, and how often: keys of products, tokens of members, scopes of routes.

Read `principals` (who asks, and which scope a route needs), then `guard`, which stands before every route, and `identity`,
which tells whom a request comes from. `keys` and `tokens` make and check.
"""
