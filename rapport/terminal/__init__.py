"""What a command and a terminal have to do with each other.

Lines in, lines and bars out, logs, failures in one line.
"""
