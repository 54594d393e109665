//! Whether the list of a release stands in the real window as it should: the window's
//! engine lays out and paints in its own way, so a test in another browser is not enough.

use anyhow::{Context as _, Result, ensure};

use crate::driver::Window;

/// Names each gap, overlap and covered row of the list, and a page that was scrolled.
const FAULTS: &str = r#"
    const found = [];
    const near = (a, b) => Math.abs(a - b) <= 1;
    const groups = [...document.querySelectorAll('[role="listbox"] > [role="group"]')];
    if (groups.length === 0) found.push('there is no list');
    let below = groups[0]?.getBoundingClientRect().top ?? 0;
    for (const group of groups) {
        const box = group.getBoundingClientRect();
        const head = group.firstElementChild.getBoundingClientRect();
        const name = group.firstElementChild.textContent.trim();
        if (!near(box.top, below)) found.push(`${name}: a gap of ${box.top - below} before it`);
        if (head.top < box.top - 1 || head.bottom > box.bottom + 1) found.push(`${name}: the heading leaves its section`);
        below = box.top + head.height;
        for (const row of group.querySelectorAll('[role="option"]')) {
            const line = row.getBoundingClientRect();
            if (!near(line.top, below)) found.push(`${row.dataset.item}: a gap of ${line.top - below} above it`);
            below = line.bottom;
        }
        if (!near(box.bottom, below)) found.push(`${name}: ${box.bottom - below} left over`);
    }
    if (document.scrollingElement.scrollTop !== 0) found.push('the whole page is scrolled');
    return found.join('\n');
"#;

/// The run's bar: how far it says it is, and how far it is filled; empty without a run.
const BAR: &str = r#"
    const bar = document.querySelector('[data-testid="progress"][aria-valuenow]');
    if (!bar) return '';
    const said = bar.getAttribute('aria-valuenow') / bar.getAttribute('aria-valuemax');
    const filled = bar.firstElementChild.getBoundingClientRect().width / bar.getBoundingClientRect().width;
    return Math.abs(said - filled) < 0.02 ? '' : `the bar says ${said} and is filled to ${filled}`;
"#;

/// Fails with what is wrong with the list.
pub(crate) async fn list_is_sound(window: &Window) -> Result<()> {
    let faults = window.ask(FAULTS).await.context("looking at the list")?;
    ensure!(faults.is_empty(), "the list is not sound:\n{faults}");
    Ok(())
}

/// Fails when the bar of a run is filled otherwise than it says.
pub(crate) async fn bar_is_true(window: &Window) -> Result<()> {
    let fault = window.ask(BAR).await.context("looking at the bar")?;
    ensure!(fault.is_empty(), "{fault}");
    Ok(())
}
