"""Who may use the API: keys of products, tokens of members, scopes of routes.

Read `principals` (who asks, and which scope a route needs), then `guard`, which stands before every route (bytes of a path,
the rate by `services/gateway/api/limits`), and `identity`, which finds whom a request comes from. `keys` and `tokens` make
and check them (how long a token lasts).
"""
