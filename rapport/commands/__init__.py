"""One module per command of `rapport`: its arguments, what it does, how it ends.

Whatever two of them need stands beside this folder.
"""
