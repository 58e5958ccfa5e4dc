//! The SQL view of the journal
