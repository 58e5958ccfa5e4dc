//! Principals and the operator credential
