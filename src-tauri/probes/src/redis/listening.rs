//! What a `bind` line of Redis makes of the server: where it listens.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses that Redis is told to listen on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listening {
    /// Those that mean every interface.
    pub everywhere: Vec<String>,
    /// Addresses of this machine alone.
    pub loopback: Vec<String>,
    /// Addresses of private networks (RFC 1918, 4193, 3927, 6598).
    pub private: Vec<String>,
    /// Addresses that anybody may reach.
    pub public: Vec<String>,
    /// Names, which only the host can resolve.
    pub names: Vec<String>,
}

impl Listening {
    /// Reads the words of a `bind` line. A leading `-` means "where there is such an
    /// address"; no word at all means every interface (redis.conf, `bind`).
    pub fn read<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for word in words.into_iter().filter(|word| !word.is_empty()) {
            let address = word.strip_prefix('-').unwrap_or(word);
            all.side(address).push(address.to_owned());
        }
        if all.all().next().is_none() {
            all.everywhere.push("*".to_owned());
        }
        all
    }

    fn side(&mut self, address: &str) -> &mut Vec<String> {
        if matches!(address, "*" | "::*") {
            return &mut self.everywhere;
        }
        if address.eq_ignore_ascii_case("localhost") {
            return &mut self.loopback;
        }
        match parse(address) {
            None => &mut self.names,
            Some(ip) if ip.is_unspecified() => &mut self.everywhere,
            Some(ip) if ip.is_loopback() => &mut self.loopback,
            Some(ip) if is_private(ip) => &mut self.private,
            Some(_) => &mut self.public,
        }
    }

    /// Every address, in the order of their kinds.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let kinds = [&self.everywhere, &self.loopback, &self.private, &self.public, &self.names];
        kinds.into_iter().flatten().map(String::as_str)
    }

    /// Addresses that `expected` does not have.
    #[must_use]
    pub fn beyond(&self, expected: &Self) -> Vec<&str> {
        let known = |address: &&str| expected.all().any(|other| same(address, other));
        self.all().filter(|address| !known(address)).collect()
    }
}

/// An address, without the zone of an IPv6 one; IPv4 in IPv6 is IPv4.
pub(super) fn parse(address: &str) -> Option<IpAddr> {
    let bare = address.trim_start_matches('[').trim_end_matches(']');
    let bare = bare.split_once('%').map_or(bare, |(bare, _)| bare);
    bare.parse().ok().map(|ip: IpAddr| ip.to_canonical())
}

fn same(one: &str, other: &str) -> bool {
    match (parse(one), parse(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one.eq_ignore_ascii_case(other),
    }
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local() || is_shared(ip),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local() || is_old_local(ip),
    }
}

/// 100.64.0.0/10 (RFC 6598), which overlay networks use too.
fn is_shared(ip: Ipv4Addr) -> bool {
    let [a, b, ..] = ip.octets();
    a == 100 && (64..128).contains(&b)
}

/// fec0::/10, deprecated and never routed.
fn is_old_local(ip: Ipv6Addr) -> bool {
    ip.segments()[0] & 0xffc0 == 0xfec0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_is_of_its_kind() {
        for (word, kind) in [
            ("*", 0),
            ("-::*", 0),
            ("0.0.0.0", 0),
            ("::", 0),
            ("::ffff:0.0.0.0", 0),
            ("127.0.0.1", 1),
            ("127.8.9.1", 1),
            ("-::1", 1),
            ("localhost", 1),
            ("10.1.2.3", 2),
            ("172.31.0.1", 2),
            ("100.101.102.103", 2),
            ("fd00::1", 2),
            ("fe80::1%eth0", 2),
            ("172.32.0.1", 3),
            ("203.0.113.5", 3),
            ("2001:db8::1", 3),
            ("redis.internal", 4),
            ("0", 4),
        ] {
            let seen = Listening::read([word]);
            let kinds =
                [&seen.everywhere, &seen.loopback, &seen.private, &seen.public, &seen.names];
            for (at, kind_seen) in kinds.into_iter().enumerate() {
                assert_eq!(kind_seen.len(), usize::from(at == kind), "{word} {seen:?}");
            }
        }
    }

    #[test]
    fn no_address_at_all_is_every_interface() {
        assert_eq!(Listening::read([]).everywhere, ["*"]);
        assert_eq!(Listening::read([""]).everywhere, ["*"]);
    }

    #[test]
    fn what_was_not_declared_is_named_however_it_is_written() {
        let expected = Listening::read(["127.0.0.1", "FD00::0001"]);
        let seen = Listening::read(["127.0.0.1", "-fd00::1", "10.0.0.5"]);
        assert_eq!(seen.beyond(&expected), ["10.0.0.5"]);
        assert!(Listening::read(["-::1"]).beyond(&Listening::read(["::1"])).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn no_word_breaks_it_or_gets_lost(words in proptest::collection::vec("\\PC{1,12}", 0..9)) {
            let seen = Listening::read(words.iter().map(String::as_str));
            proptest::prop_assert_eq!(seen.all().count(), words.len().max(1));
        }
    }
}
