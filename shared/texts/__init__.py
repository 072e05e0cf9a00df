"""What people read, whatever it is about.

Texts made harmless, begun and ended alike, and whose they are (name, colour).
"""
