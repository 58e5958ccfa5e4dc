//! The path of a call, and what it needs: sessions, upstreams, effects
