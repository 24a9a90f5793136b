"""What the tests of real clients stand on: servers, clients, raw requests, waiting, and values of the models."""
