"""How something that Rapport has said reaches a receiver outside over HTTP: signed, and to public addresses alone.

Read `outcome` (what an attempt may end in), `signature`, `public_network` (whom it may reach), `http_post` (one attempt).
When the next attempt is due is the sender's affair: it knows what else waits.
"""
