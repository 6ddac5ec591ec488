//! Addresses of loopback for programs that must be told a port.
//!
//! A port that was found free is not reserved: before its program listens there, another test may
//! find it free, too. So tests take ports of a range of their own, and a reservation is a UDP
//! socket of the same number: the system gives it to one socket only, in whichever process, and
//! takes it back when that process ends. Nothing here speaks UDP.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    ops::{Deref, Range},
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
};

/// Ports below those that the system hands out by itself: while a program is dead, none of its
/// clients is given its port. `scripts/postgres.sh` takes those above.
const PORTS: Range<u16> = 10_000..20_000;

/// An address that belongs to this value and its copies, whether its program runs or not.
#[derive(Clone, Debug)]
pub struct ReservedAddress {
    address: SocketAddr,
    _reservation: Arc<UdpSocket>,
}

/// Reserves an address that nobody listens at.
pub fn reserve() -> ReservedAddress {
    // Each process begins elsewhere, so that it seldom meets the ports of others.
    static TRIES: AtomicU16 = AtomicU16::new(0);
    let count = PORTS.end - PORTS.start;
    let begin = u16::try_from(std::process::id() % u32::from(count)).expect("less than all");
    for _ in 0..count {
        let number = begin.wrapping_add(TRIES.fetch_add(1, Ordering::Relaxed)) % count;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, PORTS.start + number));
        let Ok(reservation) = UdpSocket::bind(address) else {
            continue;
        };
        // Another program of this machine may listen there, which reserves nothing.
        if TcpListener::bind(address).is_ok() {
            return ReservedAddress {
                address,
                _reservation: Arc::new(reservation),
            };
        }
    }
    panic!("no port of {PORTS:?} is free");
}

impl Deref for ReservedAddress {
    type Target = SocketAddr;

    fn deref(&self) -> &SocketAddr {
        &self.address
    }
}

impl fmt::Display for ReservedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}
