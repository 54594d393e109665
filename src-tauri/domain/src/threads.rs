//! Work over many small things on every core. What comes out stands in the order of what
//! went in, whichever thread did it.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Things that one thread takes at a time: enough to be worth it, few enough to share out.
const BLOCK: usize = 128;

/// What `work` makes of each block of `things`, in order. `start` makes what one thread
/// keeps from block to block.
#[must_use]
pub fn by_blocks<T: Sync, K, R: Send>(
    things: &[T],
    start: impl Fn() -> K + Sync,
    work: impl Fn(&mut K, &[T]) -> R + Sync,
) -> Vec<R> {
    let blocks: Vec<&[T]> = things.chunks(BLOCK).collect();
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let next = AtomicUsize::new(0);
    let run = || {
        let mut kept = start();
        let mut done = Vec::new();
        while let Some((place, block)) = {
            let place = next.fetch_add(1, Ordering::Relaxed);
            blocks.get(place).map(|block| (place, *block))
        } {
            done.push((place, work(&mut kept, block)));
        }
        done
    };
    let mut done = thread::scope(|scope| {
        let others: Vec<_> = (1..cores.min(blocks.len())).map(|_| scope.spawn(run)).collect();
        let mut done = run();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, made)| made).collect()
}

/// Both, at the same time.
#[must_use]
pub fn both<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let running = scope.spawn(one);
        let other = other();
        (running.join().unwrap_or_else(|panic| resume_unwind(panic)), other)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_many_threads_make_stands_in_the_order_of_what_they_were_given() {
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 20 * BLOCK + 7] {
            let things: Vec<usize> = (0..length).collect();
            let made = by_blocks(&things, || 0, |_, block| block.to_vec()).concat();
            assert_eq!(made, things);
        }
        assert_eq!(both(|| 1, || "two"), (1, "two"));
    }
}
