"""What people read, whatever it is about.

`en.toml` has all that is said about events and rules, and `catalogue` reads it. The others make texts harmless, begin and
end them alike, and know whose they are (name, colour).
"""
