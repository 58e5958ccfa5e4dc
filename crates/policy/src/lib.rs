//! Rules to verdicts, and the effects of tools; pure
