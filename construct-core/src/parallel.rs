//! Work on every core. The results stand in the order of the work, so that nothing depends on how it was shared out.

use std::panic::resume_unwind;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;

/// Below this many items, starting threads costs more than it saves.
const FEW: usize = 8;

/// How many portions each thread gets: enough that none waits long for the others.
const PORTIONS: usize = 8;

/// How many threads can work at a time. Linux is asked for it with a dozen calls, which files of control groups answer.
static CORES: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, usize::from));

/// Maps items in parallel.
pub fn map<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    map_with(&mut Vec::new(), || (), items, |(), item| work(item))
}

/// Maps items in parallel by workers that each have something of their own, which serves for one item after the other. Those
/// that lack are made; all of them are there for the next time, and for the same worker: what one thread allocated is
/// neither grown nor freed by another, which would have to wait for it.
pub fn map_with<W: Send, T: Send, R: Send>(
    own: &mut Vec<W>,
    new: impl Fn() -> W,
    items: Vec<T>,
    work: impl Fn(&mut W, T) -> R + Sync,
) -> Vec<R> {
    map_beside(own, new, items, work, || ()).0
}

/// The same, while this thread does something else first.
pub fn map_beside<W: Send, T: Send, R: Send, A>(
    own: &mut Vec<W>,
    new: impl Fn() -> W,
    items: Vec<T>,
    work: impl Fn(&mut W, T) -> R + Sync,
    first: impl FnOnce() -> A,
) -> (Vec<R>, A) {
    let n_threads = if items.len() < FEW { 1 } else { *CORES };
    while own.len() < n_threads {
        own.push(new());
    }
    let (mine, others) = own.split_first_mut().expect("there is one for each thread");
    if n_threads == 1 {
        let first = first();
        return (items.into_iter().map(|item| work(mine, item)).collect(), first);
    }
    let size = items.len().div_ceil(n_threads * PORTIONS);
    let n_items = items.len();
    let mut items = items.into_iter();
    let portions: Vec<Vec<T>> = (0..n_items.div_ceil(size)).map(|_| items.by_ref().take(size).collect()).collect();
    let open = Mutex::new(portions.into_iter().enumerate());
    let worker = |own: &mut W| {
        let mut done: Vec<(usize, Vec<R>)> = Vec::new();
        loop {
            let next = open.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((n, portion)) = next else { return done };
            done.push((n, portion.into_iter().map(|item| work(own, item)).collect()));
        }
    };
    let (mut done, first) = thread::scope(|scope| {
        let others: Vec<_> = others[..n_threads - 1].iter_mut().map(|own| scope.spawn(|| worker(own))).collect();
        let first = first();
        let mut done = worker(mine);
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        (done, first)
    });
    done.sort_unstable_by_key(|(n, _)| *n);
    (done.into_iter().flat_map(|(_, results)| results).collect(), first)
}

/// Does two things at the same time.
pub fn both<A, B: Send>(one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    thread::scope(|scope| {
        let other = scope.spawn(other);
        (one(), other.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

#[cfg(test)]
mod tests {
    use super::{FEW, both, map, map_beside, map_with};

    #[test]
    fn both_are_done() {
        assert_eq!(both(|| 1, || "two"), (1, "two"));
    }

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        for n in [0, 1, FEW - 1, FEW, FEW + 1, 1_000] {
            let doubled = map((0..n).collect(), |item: usize| item * 2);
            assert_eq!(doubled, (0..n).map(|item| item * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_workers_have_serves_again() {
        let mut own = Vec::new();
        for round in 1..=2 {
            map_with(&mut own, || 0, (0..100).collect(), |used: &mut usize, _: usize| *used += 1);
            assert_eq!(own.iter().sum::<usize>(), round * 100);
        }
    }

    #[test]
    fn something_else_is_done_whatever_the_items() {
        for n in [0, FEW - 1, FEW] {
            assert_eq!(
                map_beside(&mut Vec::new(), || 2, (0..n).collect(), |own, item: usize| item * *own, || "else"),
                ((0..n).map(|item| item * 2).collect(), "else")
            );
        }
    }

    #[test]
    #[should_panic(expected = "item 90")]
    fn a_panic_is_passed_on() {
        map((0..100).collect(), |item: usize| assert!(item != 90, "item {item}"));
    }
}
