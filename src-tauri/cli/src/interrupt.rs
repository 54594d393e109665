//! The person's way to stop: Ctrl-C, or the signal by which a pipeline ends its steps.

/// Waits until somebody asks this process to end. Never, where no signal can be heard.
pub(crate) async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                heard = tokio::signal::ctrl_c() => if heard.is_ok() { return },
                _ = terminate.recv() => return,
            }
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
