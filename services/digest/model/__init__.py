"""What *digest* knows of a member, as values.

Read `state` first (and how many of each are kept), then `meeting` and `push`. `stored` is the short form in which the store
has them.
"""
