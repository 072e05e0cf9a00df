"""How something that Rapport has said reaches a receiver outside: one port, one rule for what follows an attempt.

Read `outcome` (the port, how long an attempt may take, what it may end in) and `attempts` (at most once, at least once). By
HTTP, signed, and to public addresses alone: `signature` (headers and secrets), `public_network`, `http_parts`, `http_post`.
By SMTP: `smtp_post`, `smtp_connections`; what went wrong: `smtp_errors`, `mail_reasons`. Where members have apps: `channels`.
When the next attempt is due is the sender's affair (`services/digest/rules`, `services/digest/push`,
`rapport/webhooks/delivering`).
"""
