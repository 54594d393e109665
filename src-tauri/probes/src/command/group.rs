//! Ends a command together with everything that it started. `npx jest` is three processes
//! deep; ending only the first leaves the rest running on the user's machine.

/// The process group of a running command; killed when this is dropped.
pub(super) struct Group {
    leader: Option<i32>,
}

impl Group {
    /// The group that `leader` (a child started with `process_group(0)`) leads.
    pub(super) fn led_by(leader: Option<u32>) -> Self {
        Self { leader: leader.and_then(|id| i32::try_from(id).ok()) }
    }

    /// Asks every process of the group to end.
    pub(super) fn ask(&self) {
        self.signal(false);
    }

    /// Ends every process of the group.
    pub(super) fn end(&self) {
        self.signal(true);
    }

    /// The group has ended by itself: there is nothing to kill, and its number may soon
    /// belong to somebody else.
    pub(super) fn ended(&mut self) {
        self.leader = None;
    }

    #[cfg(unix)]
    fn signal(&self, kill: bool) {
        use rustix::process::{Pid, Signal, kill_process_group};
        let signal = if kill { Signal::KILL } else { Signal::TERM };
        if let Some(group) = self.leader.and_then(Pid::from_raw) {
            // A group that is already gone is what was wanted.
            let _ = kill_process_group(group, signal);
        }
    }

    #[cfg(not(unix))]
    fn signal(&self, _kill: bool) {}
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}
