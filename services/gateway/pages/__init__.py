"""The template of the pages that the links in mails lead to, and the style (`page.css`) that members' own pages have, too.

A brand's colours are painted over the main ones, which stand in `shared/texts/brand` as well.
"""
