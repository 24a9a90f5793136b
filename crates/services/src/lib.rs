//! What AWS requests mean: one module a service, one file an operation
