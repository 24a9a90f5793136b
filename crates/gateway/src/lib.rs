//! The front door: listen, route, authenticate, decode, authorise, answer
