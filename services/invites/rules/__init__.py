"""The rules of *invites*: what each makes of an invite, or of the proposals, and why it does nothing.

Read `case` (what a rule sees and answers), `invite` (the rules of one: found, pulled back, expired, tried again), `proposals`
(what is asked, how often), `notices` (what is said before); `rule_docs` is the page.
"""
