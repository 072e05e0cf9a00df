"""A digest in words, as text and as HTML: pure, the same content gives the same words.

Read `render`, then `sections`, `cards`, `phrases` (the subject line, dates, names); all texts stand in `texts` and
`rule_words`.
"""
