"""What a digest tells, without a word of it.

Read `model` first: it holds the records. `build` fills them (how many of each are shown; how many people to reconnect with
there are in a week says `services/followups/apply/reconnect`), `contacts` finds the people, `monthly_review` looks back
once a month.
"""
