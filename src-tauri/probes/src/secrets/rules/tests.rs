//! Leaks as they stand in files, and what only looks like one.

use proptest::prelude::*;

use super::*;

const CODE: Place = Place { settings: false, template: false, lock: false };
const SETTINGS: Place = Place { settings: true, template: false, lock: false };
const TEMPLATE: Place = Place { settings: true, template: true, lock: false };
const LOCK: Place = Place { settings: false, template: false, lock: true };

fn rules_that_match(text: &str, place: Place) -> Vec<&'static str> {
    let rules = Rules::new(["Zx81-spectrum/value", "abc"].into_iter()).expect("rules");
    rules.matches(text.as_bytes(), place).iter().map(|hit| hit.rule).collect()
}

#[test]
fn each_leak_is_seen_by_its_own_rule() {
    // Written in two parts, so that this file holds no token.
    let aws = format!("key = {}{}", "AKIA", "Z7QJ5XKDWM3NPLRT");
    let github = format!("ghp_{}", "a1B2".repeat(9));
    let fine = format!("github_pat_{}", "11ABCDEFG0abcdefghij".repeat(4));
    let stripe = format!("sk_live_{}", "4eC39HqLyjWDarjt");
    let slack = format!("xoxb-{}", "123456789012-abcdefGHIJKL");
    let google = format!("AIza{}", "SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY");
    let npm = format!("//packages.example/:_authToken=npm_{}", "a1B2c3".repeat(6));
    let azure = format!("AccountKey={}==;", "aB3dE5gH7j".repeat(9).get(..86).expect("long"));
    let jwt = format!("eyJ{}.eyJ{}.{}", "hbGciOiJSUzI1NiJ9", "zdWIiOiI0MiJ9", "Q2x".repeat(20));
    let pem = format!("-----BEGIN RSA {} KEY-----\nMIIEpAIBAAKCAQEA7\n", "PRIVATE");
    let escaped = format!("k: \"-----BEGIN {} KEY-----\\nMIIEpAIBAAKCAQEA7\"", "PRIVATE");
    let random = "webhookToken: '9f86d081884c7d659a2feaa0c55ad015'";
    let value = "value-of-a-secret";
    let literal = "literal-for-a-secret-name";
    let cases: &[(&str, &str, Place, &str)] = &[
        ("the value itself", "x = `Zx81-spectrum/value`", CODE, value),
        ("in a URL", "x=Zx81-spectrum%2Fvalue&y", CODE, value),
        ("in base64", "Basic Wng4MS1zcGVjdHJ1bS92YWx1ZQ==", CODE, value),
        ("behind a name in base64", "Basic YW5hOlp4ODEtc3BlY3RydW0vdmFsdWU=", CODE, value),
        ("in JSON", r#"{"a":"Zx81-spectrum\/value"}"#, CODE, value),
        ("in a lock file", "Zx81-spectrum/value", LOCK, value),
        ("right behind another letter", "aZx81-spectrum/value", CODE, value),
        ("an AWS key", &aws, CODE, "aws-access-key"),
        ("a GitHub token", &github, CODE, "github-token"),
        ("a fine-grained GitHub token", &fine, CODE, "github-token"),
        ("a Stripe key", &stripe, CODE, "stripe-live-key"),
        ("a Slack token", &slack, CODE, "slack-token"),
        ("a Google key", &google, CODE, "google-api-key"),
        ("an npm token", &npm, SETTINGS, "npm-token"),
        ("an Azure storage key", &azure, CODE, "azure-storage-key"),
        ("a signed token", &jwt, CODE, "json-web-token"),
        ("a private key", &pem, CODE, "private-key"),
        ("a private key in one line", &escaped, CODE, "private-key"),
        ("a database address", "'postgres://app:h7qZt9wB@db/app'", CODE, "password-in-url"),
        ("a Redis address", "redis://:h7qZt9wB@cache:6379", CODE, "password-in-url"),
        ("an at sign in it", "mongodb+srv://a:h7q@Zt9w@db/x", CODE, "password-in-url"),
        ("a fallback", "process.env.JWT_SECRET || 'mailagent-2024'", CODE, literal),
        ("one word as a fallback", "process.env.JWT_SECRET ?? 'mailagent'", CODE, literal),
        ("over two lines", "process.env.JWT_SECRET ||\n    'mailagent-2024'", CODE, literal),
        ("by index", "process.env['JWT_SECRET'] || 'mailagent-2024'", CODE, literal),
        ("a default", "config.get('ENCRYPTION_KEY', 'hardcoded1')", CODE, literal),
        ("camel case", "jwtSecret: \"hunter2hunter2\",", CODE, literal),
        ("a prefix", "REDIS_PASSWORD = 'hunter2hunter2'", CODE, literal),
        ("a module's own word", "register({ secret: 'mailagent-2024' })", CODE, literal),
        ("a typed constant", "const password: string = 'hunter2hunter2'", CODE, literal),
        ("a known weak one", "password: 'letmein'", CODE, literal),
        ("a settings file", "JWT_SECRET=0f1e2d3c4b5a69788796\n", SETTINGS, literal),
        ("YAML", "  POSTGRES_PASSWORD: mailagent\n", SETTINGS, literal),
        (
            "a random value in a template",
            "JWT_SECRET=9f86d081884c7d659a2feaa0c55ad015",
            TEMPLATE,
            literal,
        ),
        ("a random value", random, CODE, "random-value-for-a-secret-name"),
    ];
    for (name, text, place, rule) in cases {
        assert_eq!(rules_that_match(text, *place), [*rule], "{name}");
    }
    for (_, _, _, rule) in cases {
        assert!(names().contains(rule), "{rule} is listed");
    }
}

#[test]
fn what_only_looks_like_a_leak_is_left_alone() {
    let sample = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4\
                  gRG9lIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
    for (name, text, place) in [
        ("AWS's documented example", "AKIAIOSFODNN7EXAMPLE", CODE),
        ("crosses for a token", "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", CODE),
        ("a token inside a word", "xghp_a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2", CODE),
        ("the sample of jwt.io", sample, CODE),
        ("a reference", "JWT_SECRET=${JWT_SECRET}", SETTINGS),
        ("an environment read", "password: process.env.REDIS_PASSWORD,", CODE),
        ("a quoted reference", "password: 'process.env.REDIS_PASSWORD'", CODE),
        ("a workflow's reference", "token: '${{ secrets.DEPLOY_TOKEN }}'", SETTINGS),
        ("a placeholder", "JWT_SECRET=your-secret-here", SETTINGS),
        ("an angle bracket", "JWT_SECRET='<generate-one>'", SETTINGS),
        ("change me", "JWT_SECRET=changeme", SETTINGS),
        ("words in a template", "JWT_SECRET=dev-only-value\n", TEMPLATE),
        ("a token's name", "JWT_SECRET: 'JWT_SECRET'", CODE),
        ("a type", "const password: string = input;", CODE),
        ("a message", "password: 'Password must be long'", CODE),
        ("a translation", "password: 'Passwort',", CODE),
        ("a path", "password: 'auth/wrong-password'", CODE),
        ("typeof", "const password = typeof value", CODE),
        ("code without quotes", "password = generatePassword", CODE),
        ("a comparison", "if (password === 'hunter2hunter2')", CODE),
        ("a header checked for", "startsWith('-----BEGIN PRIVATE KEY-----')", CODE),
        ("a short value", "abc", CODE),
        ("a checksum in a lock file", "\"token\": \"9f86d081884c7d659a2feaa0c55ad015\"", LOCK),
        ("a public key", "publicTokenKey: '9f86d081884c7d659a2feaa0c55ad015'", CODE),
        ("an identifier", "tokenId: '550e8400-e29b-41d4-a716-446655440000'", CODE),
        ("a manual's address", "postgres://user:pass@host/db", CODE),
        ("an address with a reference", "redis://:${REDIS_PASSWORD}@cache", CODE),
        ("user and password alike", "postgres://postgres:postgres@localhost/db", SETTINGS),
        ("a port, no password", "http://localhost:3000/@fs/x", CODE),
        ("a name without a value", "resetPasswordToken: string;", CODE),
    ] {
        assert_eq!(rules_that_match(text, place), [""; 0], "{name}");
    }
}

#[test]
fn a_value_inside_a_literal_is_reported_once_as_the_value() {
    let rules = Rules::new(["Zx81-spectrum", "Zx81-spectrum-long"].into_iter()).expect("rules");
    let text = b"JWT_SECRET = 'Zx81-spectrum-long'; Zx81-spectrum";
    let found: Vec<_> = rules.matches(text, CODE).iter().map(|hit| hit.range.clone()).collect();
    assert_eq!(found, [14..32, 35..48]);
}

#[test]
fn a_file_made_to_be_slow_is_read_in_a_moment() {
    let rules = Rules::new(["eyJhZx81-spectrum"].into_iter()).expect("rules");
    let start = std::time::Instant::now();
    for piece in
        ["eyJh", "-eyJh", "secret_", "secret ", "s://a:", "-----BEGIN ", "api_key='", "a: b\n"]
    {
        let text = piece.repeat((128 << 10) / piece.len());
        rules.matches(text.as_bytes(), SETTINGS);
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_a_fault(
        mut bytes in prop::collection::vec(any::<u8>(), 0..300),
        words in prop::collection::vec(
            prop::sample::select(vec![
                "JWT_SECRET", "=", ": '", "'", "\"", "://u:", "@h", "eyJhbG", ".eyJ", "-----BEGIN ",
                "PRIVATE KEY-----", "\n", "\\n", "AKIA", "é", "Zx81-spectrum", "${", "password",
            ]), 0..40),
        at in 0_usize..300,
    ) {
        let text = words.concat();
        let at = at.min(bytes.len());
        bytes.splice(at..at, text.bytes());
        let rules = Rules::new(["Zx81-spectrum"].into_iter()).expect("rules");
        let found = rules.matches(&bytes, SETTINGS);
        for pair in found.windows(2) {
            prop_assert!(pair[0].range.end <= pair[1].range.start);
        }
        for hit in found {
            prop_assert!(hit.range.end <= bytes.len() && !hit.range.is_empty());
        }
    }

    #[test]
    fn a_planted_value_is_always_found(
        before in "[ -~\n]{0,200}",
        value in "[!-~]{6,60}",
        after in "[ -~\n]{0,200}",
    ) {
        let rules = Rules::new([value.as_str()].into_iter()).expect("rules");
        let text = format!("{before}{value}{after}");
        let found = rules.matches(text.as_bytes(), CODE);
        prop_assert!(found.iter().any(|hit| hit.rule == VALUE), "{text:?} {found:?}");
    }
}
