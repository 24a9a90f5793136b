//! What is kept true: one module each
