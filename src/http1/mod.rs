//! HTTP/1.1 on a socket (RFC 9112): heads and bodies are read from bytes, sockets are thin.

pub(crate) mod body;
pub(crate) mod head;
