//! The wire: JSON-RPC envelopes, MCP in its versions, transports towards upstream servers
