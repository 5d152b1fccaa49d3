//! JSON (RFC 8259): read, written and kept as values; `core` and `alloc` only.
