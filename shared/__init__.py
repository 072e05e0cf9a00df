"""What all services stand on: their events, the form of a decider, the runtime that runs one. It knows no service.

Read `decider` (what a service is; `projection`: one that says nothing), `contracts` (what they say), `stored` (what is kept
of a state), then `runtime`. What several services need: `preferences` (what a member wishes, and what holds without;
`preference_names`, `preference_statements`), `calendar` (instants of a member's clock, quiet hours), `merge` (events in any
order), `links` (sealed links in mails, and how long they last), `texts` (what people read), `delivery` (mail, HTTP, apps),
`web_address`, `rules_page`. `importing` reads files of other networks, `config` the settings, `process` starts and logs,
`embedded` is Kafka and Valkey without Docker, `testing` the world in memory.
"""
