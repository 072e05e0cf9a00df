"""The operators' page: who owns what, how far behind, what failed, and what is read again. It needs a key with `operate`.

Read `port` (what it asks the system, and who answers: the composition root), `entry` (who is let in), `routes`, `render`.
"""
