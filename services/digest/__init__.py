"""The service *digest*: one good mail a week, at the hour that the member chose.

Read `decider` (its face to the runtime; `app` is its FastStream application), `model`, `apply`, `rules` (when a digest is
due, and a mail tried again), `evaluate` and `explain`; then `content` (what a digest tells), `words` (how), `mail` (to whom),
`push` (reminders in members' apps). `sending` carries out mails and pushes, `delivery_errors` says why a mail failed,
`rule_docs` is the page, `migrations` leads older states on.
"""
