"""What a member's own pages show, in values: no HTML, no clock, nothing that is read from elsewhere.

Read `today`, `cards` (one follow-up or meeting), then `lately`, `person`, `wishes` (preferences), `year`. `words` and `days`
say it in a language, `import_reasons` why a row of a file was left out; `feed_mark` ends an address of the feed.
"""
