#[test]
fn dump() {
    std::fs::write("/tmp/cs-good.zip", crate::support::good_bundle()).unwrap();
    let mut s = crate::support::Story::new();
    s.prepare();
    s.sign(
        &crate::support::people().sam,
        countersign_domain::member::Role::Security,
        countersign_domain::event::Decision::Approve,
        "",
    );
    s.sign(
        &crate::support::people().dev,
        countersign_domain::member::Role::Devops,
        countersign_domain::event::Decision::Decline,
        "Not on a Friday",
    );
    s.tick(
        &crate::support::people().dev,
        "tests.unit",
        countersign_domain::event::Tick::NotDone,
        "one fails",
    );
    std::fs::write("/tmp/cs-open.zip", s.bundle()).unwrap();
}
