"""The services, each a decider and its face to the world. They know one another only by `shared.contracts`."""
