"""The application: the command line, and the one place that knows all services. Nothing imports it.

Read `cli` (which commands there are; before it stands `entry`), `composition` (which services; `names` for the command line),
then the command in `commands`. `serving` is `rapport run`, `doctor`, `demo` and `preview` are each a command of their own
size, `webhooks` posts to products, `operating` answers the operators' page. `inspect` says what is known of a member,
`system` reaches Kafka and the store, `terminal` prints. `member_texts` gathers all texts that members read; `cli_page`,
`settings_page`, `rules_page` and `openapi_page` write pages of `docs`, by `generated_part`.
"""
