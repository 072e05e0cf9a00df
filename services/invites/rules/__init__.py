"""The rules of *invites*: what each makes of an invite, or of the proposals, and why it does nothing.

Read `case` (what a rule sees and answers), `invite` (the rules of one), `proposals`, `notices`; `rule_docs` is the page.
"""
