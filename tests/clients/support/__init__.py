"""What the tests of real clients stand on: a server of their own, waiting, raw requests, and the codecs of the suite."""
