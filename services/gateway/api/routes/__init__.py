"""The routes of the API, one file for each kind of question: what comes in is read, given on, and answered.

Read `actions` first (`events` for products, `importing` for files). `reading` answers what is shown, `asking` why and what
would come, `stream` keeps a connection open (its heartbeat and its end), `member_tokens` makes tokens.
`services/gateway/api/parts` holds what they work with; what they do stands in the folders beside it.
"""
