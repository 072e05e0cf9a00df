"""What a digest tells, without a word of it.

Read `model` first: it holds the records. `build` fills them, `contacts` finds the people, `monthly_review` looks back once a
month.
"""
