//! The HTTP endpoint and the control socket
