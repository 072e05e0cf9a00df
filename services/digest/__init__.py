"""The service *digest*: one good mail a week, at the hour that the member chose.

Read `decider` (its face to the runtime), `model`, `apply`, `rules` (when a digest is due, and a mail tried again),
`evaluate`; then `content` (what a digest tells), `words` (how), `mail` (to whom).
"""
