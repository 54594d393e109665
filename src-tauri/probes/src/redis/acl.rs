//! What a user of Redis may run, worked out from its rules (`ACL GETUSER`), for servers
//! that cannot be asked by `ACL DRYRUN` (before 7.0, or for want of permission).

use std::collections::{BTreeMap, BTreeSet};

use redis::Value;

use super::session::{items, text};

/// A command as COMMAND INFO describes it: its categories, and those of its subcommands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Described {
    /// Name in lower case.
    pub(super) name: String,
    /// `dangerous`, `admin`, …: without the `@`.
    pub(super) categories: BTreeSet<String>,
    /// Subcommands (`get`), each with its categories. Only Redis 7 names them.
    pub(super) subcommands: BTreeMap<String, BTreeSet<String>>,
}

/// Places in an entry of COMMAND INFO (Redis documentation, COMMAND).
const CATEGORIES: usize = 6;
const SUBCOMMANDS: usize = 9;

impl Described {
    /// Reads one entry; `None` when it has no categories (before Redis 6.0).
    pub(super) fn read(name: &str, entry: &Value) -> Option<Self> {
        let fields = items(entry);
        let categories = categories(fields)?;
        let subcommands = fields.get(SUBCOMMANDS).map_or(&[][..], items);
        let subcommand = |entry| {
            let fields = items(entry);
            let (_, own) = text(fields.first()?)?.split_once('|').map(owned)?;
            Some((own, self::categories(fields)?))
        };
        Some(Self {
            name: name.to_ascii_lowercase(),
            categories,
            subcommands: subcommands.iter().map(subcommand).collect::<Option<_>>()?,
        })
    }
}

fn owned((left, right): (&str, &str)) -> (String, String) {
    (left.to_ascii_lowercase(), right.to_ascii_lowercase())
}

fn categories(fields: &[Value]) -> Option<BTreeSet<String>> {
    let Some(Value::Array(names) | Value::Set(names)) = fields.get(CATEGORIES) else {
        return None;
    };
    let name = |name| Some(text(name)?.strip_prefix('@')?.to_ascii_lowercase());
    names.iter().map(name).collect()
}

/// The rule lists of a user: its own, and one for each selector (Redis 7.0).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rules(Vec<String>);

impl Rules {
    /// Reads the answer of ACL GETUSER; passwords in it are not looked at. `None` for no
    /// such user, or for something else.
    pub(super) fn read(answer: &Value) -> Option<Self> {
        let own = field(answer, "commands").and_then(text)?;
        let mut all = vec![own];
        for selector in field(answer, "selectors").map_or(&[][..], items) {
            all.push(field(selector, "commands").and_then(text)?);
        }
        Some(Self(all))
    }

    /// Whether some list of rules lets the user run the command, or any of its subcommands
    /// but `help`.
    pub(super) fn allow(&self, command: &Described) -> bool {
        self.0.iter().any(|rules| State::after(rules, command).callable())
    }

    /// Whether some list of rules lets the user run this one subcommand.
    pub(super) fn allow_part(&self, command: &Described, part: &str) -> bool {
        self.0.iter().any(|rules| State::after(rules, command).runs(part))
    }

    /// The rules, for people.
    pub(super) fn words(&self) -> String {
        self.0.join(" | ")
    }
}

/// A value of a list of names and values.
fn field<'a>(answer: &'a Value, name: &str) -> Option<&'a Value> {
    let pairs = items(answer).chunks_exact(2);
    pairs
        .into_iter()
        .find_map(|pair| (text(pair.first()?).as_deref() == Some(name)).then(|| pair.get(1))?)
}

/// What the rules up to here make of one command.
struct State {
    own: bool,
    subcommands: BTreeMap<String, bool>,
    /// First arguments allowed for a command without known subcommands.
    first: BTreeSet<String>,
}

impl State {
    /// Rules apply from left to right, and each undoes what the ones before said.
    fn after(rules: &str, command: &Described) -> Self {
        let names = command.subcommands.keys().map(|name| (name.clone(), false));
        let mut state = Self { own: false, subcommands: names.collect(), first: BTreeSet::new() };
        for rule in rules.split_ascii_whitespace() {
            state.apply(&rule.to_ascii_lowercase(), command);
        }
        state
    }

    fn apply(&mut self, rule: &str, command: &Described) {
        let (allow, what) = match (rule.strip_prefix('+'), rule.strip_prefix('-')) {
            (Some(what), _) => (true, what),
            (_, Some(what)) => (false, what),
            _ if rule == "allcommands" => (true, "@all"),
            _ if rule == "nocommands" => (false, "@all"),
            _ => return,
        };
        if let Some(category) = what.strip_prefix('@') {
            if category == "all" || command.categories.contains(category) {
                self.set(allow);
            }
            for (name, categories) in &command.subcommands {
                if categories.contains(category) {
                    self.subcommands.insert(name.clone(), allow);
                }
            }
            return;
        }
        match what.split_once('|') {
            None if what == command.name => self.set(allow),
            Some((name, own)) if name == command.name => self.set_one(own, allow),
            _ => {}
        }
    }

    fn set(&mut self, allow: bool) {
        self.own = allow;
        self.subcommands.values_mut().for_each(|is| *is = allow);
        self.first.clear();
    }

    fn set_one(&mut self, name: &str, allow: bool) {
        if let Some(is) = self.subcommands.get_mut(name) {
            *is = allow;
        } else if allow {
            self.first.insert(name.to_owned());
        } else {
            // A denial of a part that we do not know leaves the rest as it is.
            self.first.remove(name);
        }
    }

    fn runs(&self, part: &str) -> bool {
        let known = self.subcommands.get(part).copied();
        known.unwrap_or(self.own) || self.first.contains(part)
    }

    fn callable(&self) -> bool {
        let first = self.first.iter().any(|name| name != "help");
        if self.subcommands.is_empty() {
            return self.own || first;
        }
        first || self.subcommands.iter().any(|(name, is)| *is && name != "help")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> BTreeSet<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    /// CONFIG as Redis 7 describes it, and as Redis 6 does.
    fn config(seven: bool) -> Described {
        let each = |name: &str| {
            let own = if name == "help" {
                names(&["slow"])
            } else {
                names(&["admin", "dangerous", "slow"])
            };
            (name.to_owned(), own)
        };
        let subcommands = if seven { ["get", "help", "set"].map(each).into() } else { [].into() };
        let categories =
            if seven { names(&["slow"]) } else { names(&["admin", "dangerous", "slow"]) };
        Described { name: "config".into(), categories, subcommands }
    }

    #[test]
    fn rules_apply_in_order_before_and_after_seven() {
        for (rules, expected) in [
            ("", false),
            ("+@all", true),
            ("allcommands", true),
            ("+@all -config", false),
            ("+@all -CONFIG", false),
            ("-config +@all", true),
            ("+@all -@dangerous", false),
            ("+@all -@dangerous +info", false),
            ("+@all -@dangerous +config", true),
            ("+@all -@dangerous +config|get", true),
            ("-@all +config|help", false),
            ("-@all +@admin", true),
            ("-@all +@admin -@all", false),
            ("+@admin nocommands", false),
            ("-@all +@read +configure", false),
        ] {
            for seven in [false, true] {
                let seen = Rules(vec![rules.into()]).allow(&config(seven));
                assert_eq!(seen, expected, "{rules:?}, Redis 7: {seven}");
            }
        }
        let but_set = Rules(vec!["+@all -config|get -config|set".into()]);
        assert!(!but_set.allow(&config(true)));
    }

    #[test]
    fn one_subcommand_is_told_from_the_others() {
        for (rules, expected) in [
            ("+@all", true),
            ("+@all -config", false),
            ("-@all +config|set", true),
            ("-@all +config|get", false),
            ("-@all +config|set -@all", false),
        ] {
            for seven in [false, true] {
                let seen = Rules(vec![rules.into()]).allow_part(&config(seven), "set");
                assert_eq!(seen, expected, "{rules:?}, Redis 7: {seven}");
            }
        }
        let but_set = Rules(vec!["+@all -config|set".into()]);
        assert!(!but_set.allow_part(&config(true), "set") && but_set.allow(&config(true)));
    }

    #[test]
    fn a_selector_may_allow_what_the_rest_denies() {
        let bulk = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let selector = Value::Array(vec![bulk("commands"), bulk("-@all +config")]);
        let answer = |rules: &str, selectors: Vec<Value>| {
            Value::Array(vec![
                bulk("passwords"),
                Value::Array(vec![bulk("5e88…")]),
                bulk("commands"),
                bulk(rules),
                bulk("selectors"),
                Value::Array(selectors),
            ])
        };
        let read = |answer| Rules::read(&answer).expect("rules");
        assert!(!read(answer("-@all", vec![])).allow(&config(true)));
        assert!(read(answer("-@all", vec![selector])).allow(&config(true)));
        assert!(!read(answer("-@all", vec![])).words().contains("5e88"));
        assert_eq!(Rules::read(&Value::Nil), None);
        assert_eq!(Rules::read(&Value::Okay), None);
        assert_eq!(Rules::read(&answer("-@all", vec![Value::Nil])), None);
    }

    proptest::proptest! {
        #[test]
        fn the_last_word_about_everything_wins(rules in "([+-](@all|@admin|config|config\\|get|get|\\PC{0,5}) ?){0,20}") {
            let allow = |tail: &str| Rules(vec![format!("{rules} {tail}")]).allow(&config(true));
            proptest::prop_assert!(allow("+@all"));
            proptest::prop_assert!(!allow("-@all"));
        }
    }
}
