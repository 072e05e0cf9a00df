"""How something that Rapport has said reaches a receiver outside: one port, one rule for what follows an attempt.

Read `outcome` (the port, and what an attempt may end in) and `attempts` (at most once, at least once). By HTTP, signed, and
to public addresses alone: `signature`, `public_network`, `http_parts`, `http_post`. By SMTP: `smtp_post`,
`smtp_connections`. Where members have apps: `channels`.
When the next attempt is due is the sender's affair: it knows what else waits.
"""
