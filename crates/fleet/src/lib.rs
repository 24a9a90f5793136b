//! The nodes as seen from the server: assignments down, observations up
