"""What people read, whatever it is about.

`en.toml` has all that is said about events and rules, and on members' own pages; `catalogue` reads it. A text is a `message`
with a key; `translations` reads `locales`, `language` counts, lists and dates. `brand` and `looks` are name, colours and
closing line, `sentences` how texts begin and what nobody's name is, `person_links` and `plain_text` make names into links and
texts harmless.
"""
