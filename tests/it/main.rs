//! The server's tests, one binary.

mod import;
