"""A digest in words, as text and as HTML: pure, the same content gives the same words.

Read `render`, then `sections`, `cards`, `phrases` (the subject line, dates, names). All texts stand in `texts` and
`rule_words`, the form and the style (`digest.css`) in `templates`; `styled` writes the one into the other. `sealed_links`
makes the links (and says how long *later* is), `links` is what the words see of them; `readable` makes what people wrote
harmless.
"""
