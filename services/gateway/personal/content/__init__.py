"""What a member's own pages show, in values: no HTML, no clock, nothing that is read from elsewhere.

Read `today`, `cards` (one follow-up or meeting), then `person`, `wishes`, `year`. `words` and `days` say it in a language.
"""
