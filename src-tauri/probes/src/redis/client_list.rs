//! Reads CLIENT LIST: who is connected to Redis, as which user.

use std::collections::BTreeMap;

/// Commands that Redis runs before a login too.
const BEFORE_LOGIN: &[&str] = &["", "NULL", "auth", "hello", "quit", "reset"];

/// Connections of a server, counted by user; addresses are not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Connections {
    /// Connections of clients, by user and by the command that they sent last.
    pub clients: BTreeMap<String, BTreeMap<String, usize>>,
    /// Connections between servers (replicas and masters), by user.
    pub servers: BTreeMap<String, usize>,
    /// Connections too young to tell from our own.
    pub young: usize,
}

impl Connections {
    /// Reads the answer, leaving aside connections younger than `min_age` seconds. `None`
    /// when it is not an answer of CLIENT LIST that names users (Redis 6.0).
    #[must_use]
    pub fn read(text: &str, min_age: u64) -> Option<Self> {
        let mut seen = Self::default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let field = |name: &str| {
                line.split_ascii_whitespace()
                    .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
            };
            let (_, user, age) = (field("id")?, field("user")?, field("age")?);
            if age.parse::<u64>().ok()? < min_age {
                seen.young += 1;
                continue;
            }
            // M is the link to a master, S that of a replica (CLIENT LIST, flags).
            let of_server = field("flags")?.contains(['M', 'S']);
            if of_server {
                *seen.servers.entry(user.to_owned()).or_default() += 1;
            } else {
                let commands = seen.clients.entry(user.to_owned()).or_default();
                *commands.entry(field("cmd").unwrap_or_default().to_owned()).or_default() += 1;
            }
        }
        // We are connected ourselves: a list without anybody is not the whole truth.
        (seen.young + seen.clients.len() + seen.servers.len() > 0).then_some(seen)
    }

    /// Connections of clients as this user.
    #[must_use]
    pub fn of(&self, user: &str) -> usize {
        self.clients.get(user).map_or(0, |commands| commands.values().sum())
    }

    /// Connections as this user whose last command was run: one that Redis has run before
    /// and never rejected, by its own statistics (`INFO commandstats`, 6.2).
    #[must_use]
    pub fn served(&self, user: &str, commandstats: &str) -> usize {
        let served = |command: &str| {
            let line = commandstats.lines().find_map(|line| {
                line.trim_end().strip_prefix("cmdstat_")?.strip_prefix(command)?.strip_prefix(':')
            });
            let field = |name: &str| line?.split(',').find_map(|part| part.strip_prefix(name));
            field("calls=").is_some_and(|calls| calls != "0")
                && field("rejected_calls=") == Some("0")
        };
        let commands = self.clients.get(user).into_iter().flatten();
        commands
            .filter(|(command, _)| !BEFORE_LOGIN.contains(&command.as_str()) && served(command))
            .map(|(_, count)| count)
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: u32, age: u32, flags: &str, user: &str) -> String {
        format!(
            "id={id} addr=10.0.0.9:4{id} laddr=10.0.0.1:6379 fd=8 name= age={age} idle=0 \
             flags={flags} db=0 cmd=get user={user} redir=-1 resp=2\n"
        )
    }

    #[test]
    fn clients_are_counted_by_user_and_servers_and_the_young_stand_aside() {
        let text = [
            line(1, 90, "N", "app"),
            line(2, 91, "N", "app"),
            line(3, 90, "S", "default"),
            line(4, 1, "N", "app"),
            line(5, 90, "b", "default"),
        ]
        .concat();
        let seen = Connections::read(&text, 30).expect("a list");
        assert_eq!((seen.of("app"), seen.of("default"), seen.young), (2, 1, 1));
        assert_eq!(seen.servers.get("default"), Some(&1));
    }

    #[test]
    fn a_connection_is_served_when_its_command_was_never_rejected() {
        let stats = "cmdstat_get:calls=7,usec=1,rejected_calls=0,failed_calls=0\r\n\
                     cmdstat_set:calls=7,usec=1,rejected_calls=2,failed_calls=0\r\n\
                     cmdstat_auth:calls=1,usec=1,rejected_calls=0,failed_calls=1\r\n\
                     cmdstat_old:calls=7,usec=1\r\n";
        for (command, served) in
            [("get", 1), ("set", 0), ("auth", 0), ("old", 0), ("ge", 0), ("NULL", 0)]
        {
            let text = line(1, 90, "N", "default").replace("cmd=get", &format!("cmd={command}"));
            let seen = Connections::read(&text, 30).expect("a list");
            assert_eq!(seen.served("default", stats), served, "{command}");
            assert_eq!(seen.served("app", stats), 0);
        }
    }

    #[test]
    fn anything_but_a_list_with_users_is_none() {
        for (name, text) in [
            ("a status", "OK".to_owned()),
            ("nobody, not even we", String::new()),
            ("before 6.0", "id=1 addr=a:1 age=1 flags=N db=0 cmd=get\n".to_owned()),
            ("a broken line in between", [line(1, 90, "N", "app"), "x\n".to_owned()].concat()),
        ] {
            assert_eq!(Connections::read(&text, 30), None, "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_it(text in "(id=[0-9]{0,20} |user=\\PC{0,8} |age=[0-9-]{0,25} |flags=[A-Z]{0,3} |\\PC{0,9}|\n){0,60}") {
            let counted = Connections::read(&text, 30)
                .map_or(0, |seen| seen.young + seen.clients.keys().map(|user| seen.of(user)).sum::<usize>());
            proptest::prop_assert!(counted <= text.lines().count());
        }
    }
}
