//! Detectors: secrets, shell commands, SQL; pure
