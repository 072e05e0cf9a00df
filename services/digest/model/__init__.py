"""What *digest* knows of a member, as values.

Read `state` first, then `meeting`. `stored` is the short form in which the store has them.
"""
