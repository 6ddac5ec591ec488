//! Tests against real sockets and files.

mod sms;
