//! Guarded outgoing connections
