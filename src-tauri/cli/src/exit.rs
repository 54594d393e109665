//! What the program ends with. Scripts and pipelines read nothing else, so the table is a
//! promise: verdicts below 64, failures as in sysexits.h.

/// The code that the process ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exit(u8);

impl Exit {
    /// Done; all pass; the gate says go; the bundle is good.
    pub(crate) const GOOD: Self = Self(0);
    /// A check failed; the gate says no-go; the bundle or the ledger is broken.
    pub(crate) const BAD: Self = Self(1);
    /// Nothing failed, but something could not be told; a good bundle that misses a
    /// requirement.
    pub(crate) const UNSURE: Self = Self(2);
    /// Nothing is missing but signatures.
    pub(crate) const READY: Self = Self(3);
    /// EX_USAGE.
    pub(crate) const USAGE: Self = Self(64);
    /// EX_DATAERR.
    pub(crate) const INPUT: Self = Self(65);
    /// EX_SOFTWARE.
    pub(crate) const OURS: Self = Self(70);
    /// EX_IOERR.
    pub(crate) const MACHINE: Self = Self(74);
    /// EX_NOPERM.
    pub(crate) const REFUSED: Self = Self(77);
    /// As a shell reports a program that SIGINT ended.
    pub(crate) const CANCELLED: Self = Self(130);
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.0.into()
    }
}

/// The table for `--help`.
pub(crate) const TABLE: &str = "\
Exit codes:
    0  done; check, probe try: all pass; gate: go; verify: good
    1  check, probe try: something failed; gate: no-go; verify, project check: broken
    2  check, probe try: nothing failed, something could not be told; verify: good,
       but a requirement is not met
    3  gate: ready, nothing is missing but signatures
   64  the command line is wrong
   65  what was given cannot be used
   70  a mistake of this program
   74  a file, the ledger or this machine
   77  refused by the rules, a wrong passphrase, or ssh-agent did not sign
  130  check: stopped with Ctrl-C; what had been seen is recorded";
