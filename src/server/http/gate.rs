//! How many connections one address may hold: a client that opens all it can must leave room for the others.

use crate::server::door;
use ipnet::IpNet;
use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

/// Counts the connections of each address, once for each connection and not for each request.
pub(super) struct Gate {
    most: u32,
    /// Proxies stand for many clients, and are not counted.
    proxies: Vec<IpNet>,
    open: Mutex<HashMap<IpAddr, u32>>,
}

/// A connection that was let in; dropping it makes room for another.
pub(super) struct Pass {
    gate: Arc<Gate>,
    address: Option<IpAddr>,
}

impl Gate {
    pub(super) fn new(most: u32, proxies: Vec<IpNet>) -> Arc<Self> {
        Arc::new(Self { most, proxies, open: Mutex::default() })
    }

    /// `None` when the address has as many as it may have.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Pass> {
        let gate = Arc::clone(self);
        if self.proxies.iter().any(|net| net.contains(&address.to_canonical())) {
            return Some(Pass { gate, address: None });
        }
        let address = door::canonical(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_insert(0);
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Pass { gate, address: Some(address) })
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut open = self.gate.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut entry) = open.entry(address) {
            *entry.get_mut() -= 1;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_address_has_its_share_and_gets_it_back() {
        let gate = Gate::new(2, vec!["10.0.0.0/8".parse().expect("a network")]);
        let (client, other) = (address("203.0.113.7"), address("203.0.113.8"));
        let (first, second) = (gate.enter(client), gate.enter(client));
        assert!(first.is_some() && second.is_some());
        assert!(gate.enter(client).is_none(), "a third one");
        assert!(gate.enter(other).is_some(), "somebody else's");
        drop(first);
        assert!(gate.enter(client).is_some());
        drop(second);
        assert!(gate.open.lock().expect("a lock").is_empty(), "nothing is kept of who has gone");
    }

    #[test]
    fn a_household_counts_as_one_and_a_proxy_as_none() {
        let gate = Gate::new(1, vec!["10.0.0.0/8".parse().expect("a network")]);
        let _first = gate.enter(address("2001:db8::1")).expect("a pass");
        assert!(gate.enter(address("2001:db8::2")).is_none());
        let proxy = address("::ffff:10.0.0.2");
        let passes: Vec<_> = (0..5).map(|_| gate.enter(proxy)).collect();
        assert!(passes.iter().all(Option::is_some));
    }
}
